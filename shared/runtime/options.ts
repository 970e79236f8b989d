/**
 * Options come from the environment, once, at the start. Each is a row with a type, a default and a sentence;
 * `.env.example` and the README's table are printed from the same rows. Every fault is collected, so that an
 * operator mends them in one go; a process with a fault exits with 78 (EX_CONFIG).
 */

type OptionCommon = { readonly doc: string; readonly secret?: true };

export type OptionSpec =
  | (OptionCommon & {
      readonly type: 'integer';
      readonly min: number;
      readonly max: number;
      readonly default: number;
    })
  | (OptionCommon & { readonly type: 'boolean'; readonly default: boolean })
  | (OptionCommon & { readonly type: 'string'; readonly default: string })
  /** A URL of one of these protocols. `default: null` means that the launcher or the operator has to give it. */
  | (OptionCommon & {
      readonly type: 'url';
      readonly protocols: readonly string[];
      readonly default: string | null;
      /** Judges the text in place of the usual check: the end of the sentence that says what is wrong with it. */
      readonly faultOf?: (text: string) => string | undefined;
    })
  | (OptionCommon & { readonly type: 'list'; readonly default: readonly string[] })
  | (OptionCommon & { readonly type: 'choice'; readonly of: readonly string[]; readonly default: string });

export type OptionTable = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S extends { type: 'integer' }
  ? number
  : S extends { type: 'boolean' }
    ? boolean
    : S extends { type: 'list' }
      ? readonly string[]
      : S extends { type: 'choice'; of: readonly (infer Choice)[] }
        ? Choice
        : string;

export type Options<T extends OptionTable> = { readonly [Name in keyof T]: ValueOf<T[Name]> };

/** Every fault of a configuration, one sentence each. */
export class OptionFaults extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`The configuration has faults:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'OptionFaults';
    this.faults = faults;
  }
}

/** Exit status of a process whose configuration is wrong: restarting it will not help. */
export const EXIT_BAD_CONFIG = 78;

/** Reads a table of options from the environment. Throws OptionFaults that names every fault. */
export function parseOptions<const T extends OptionTable>(
  table: T,
  env: Readonly<Record<string, string | undefined>>,
): Options<T> {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(table)) {
    const text = env[name];
    const parsed = text === undefined || text === '' ? defaultOf(name, spec) : parse(name, spec, text);
    if ('fault' in parsed) faults.push(parsed.fault);
    else values[name] = parsed.value;
  }
  if (faults.length > 0) throw new OptionFaults(faults);
  return Object.freeze(values) as Options<T>;
}

type Parsed = { readonly value: unknown } | { readonly fault: string };

function defaultOf(name: string, spec: OptionSpec): Parsed {
  if (spec.default === null) return { fault: `${name} is not set. ${spec.doc}` };
  return { value: spec.default };
}

function parse(name: string, spec: OptionSpec, text: string): Parsed {
  const shown = spec.secret ? 'what it is' : JSON.stringify(text);
  switch (spec.type) {
    case 'integer': {
      const value = Number(text);
      return Number.isSafeInteger(value) && value >= spec.min && value <= spec.max
        ? { value }
        : { fault: `${name} must be a whole number from ${spec.min} to ${spec.max}, not ${shown}.` };
    }
    case 'boolean':
      if (/^(1|true|on|yes)$/i.test(text)) return { value: true };
      if (/^(0|false|off|no)$/i.test(text)) return { value: false };
      return { fault: `${name} must be true or false, not ${shown}.` };
    case 'choice':
      return spec.of.includes(text)
        ? { value: text }
        : { fault: `${name} must be one of ${spec.of.join(', ')}, not ${shown}.` };
    case 'list':
      return {
        value: text
          .split(',')
          .map((entry) => entry.trim())
          .filter((entry) => entry !== ''),
      };
    case 'url': {
      if (spec.faultOf !== undefined) {
        const fault = spec.faultOf(text);
        return fault === undefined ? { value: text } : { fault: `${name} ${fault}` };
      }
      const url = URL.canParse(text) ? new URL(text) : undefined;
      return url && spec.protocols.includes(url.protocol)
        ? { value: text }
        : { fault: `${name} must be a URL that begins with ${spec.protocols.join(' or ')}//.` };
    }
    case 'string':
      return { value: text };
  }
}

/** One line of `.env.example`: commented out, with its default. */
export function describeOption(name: string, spec: OptionSpec): string {
  const fallback = Array.isArray(spec.default) ? spec.default.join(',') : (spec.default ?? '');
  return `# ${spec.doc}\n#${name}=${fallback}`;
}
