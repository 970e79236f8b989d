// Command line to environment: every option of a service is an environment variable, and `--kebab-case value` or
// `--kebab-case=value` sets it for this run.

import { UserError } from './console.ts';

/** What a command understands. */
export interface ArgsShape {
  /** Environment variables that can be given as options, e.g. `GATEWAY_PORT`. */
  readonly variables: readonly string[];
  /** Short names for some of them: `{ port: 'GATEWAY_PORT' }`. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Options without a value, e.g. `fresh`. */
  readonly flags: readonly string[];
}

/** What was given. */
export interface Args {
  readonly env: Readonly<Record<string, string>>;
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/** Reads a command line. Throws a {@link UserError} for an unknown option, naming those it may have meant. */
export function parseArgs(argv: readonly string[], shape: ArgsShape): Args {
  const env: Record<string, string> = {};
  const flags = new Set<string>();
  const positionals: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const arg = argv[i] ?? '';
    if (!arg.startsWith('--')) {
      positionals.push(arg);
      continue;
    }
    const equals = arg.indexOf('=');
    const name = equals === -1 ? arg.slice(2) : arg.slice(2, equals);
    if (shape.flags.includes(name)) {
      if (equals !== -1) throw new UserError(`--${name} takes no value.`);
      flags.add(name);
      continue;
    }
    const variable = shape.aliases[name] ?? variableOf(name);
    if (!shape.variables.includes(variable)) throw new UserError(unknownOption(name, shape));
    const next = argv[i + 1];
    if (equals === -1 && (next === undefined || next.startsWith('--'))) {
      throw new UserError(`--${name} wants a value: --${name} <value>.`);
    }
    env[variable] = equals === -1 ? (next ?? '') : arg.slice(equals + 1);
    if (equals === -1) i += 1;
  }
  return { env, flags, positionals };
}

/** `GATEWAY_PORT` -> `gateway-port`. */
export function optionOf(variable: string): string {
  return variable.toLowerCase().replaceAll('_', '-');
}

function variableOf(option: string): string {
  return option.toUpperCase().replaceAll('-', '_');
}

function unknownOption(name: string, shape: ArgsShape): string {
  const all = [...shape.flags, ...Object.keys(shape.aliases), ...shape.variables.map(optionOf)];
  const near = all
    .map((option) => ({ option, distance: option.includes(name) ? 1 : editDistance(option, name) }))
    .filter(({ option, distance }) => distance <= Math.max(2, Math.floor(option.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 4)
    .map(({ option }) => `--${option}`);
  const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
  return `There is no option --${name}.${hint} All options: npm start -- --help`;
}

/** How many letters must be inserted, deleted or replaced to turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
