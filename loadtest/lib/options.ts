/** The command line of a load test. Pure: a list of words in, a plan's options out, or the sentence that refuses it. */

/** What is run: a suite on events of its own, or a sale on events that are there. */
export type Size = 'smoke' | 'standard' | 'full';

export type LoadOptions = {
  readonly help: boolean;
  readonly size: Size;
  /** Events that are there already; empty: fresh ones are made. */
  readonly events: readonly number[];
  /** Sockets open at a time, all events together; absent: what the size says. */
  readonly connections: number | undefined;
  /** Seconds from the first arrival to the last purchase begun; absent: what the size says. */
  readonly durationS: number | undefined;
  /** Start a house for the run although one runs here. */
  readonly own: boolean;
  /** The gateway; absent: the house that runs here, or one that is started for the run. */
  readonly url: string | undefined;
  /** Where the report goes; absent: loadtest/report. */
  readonly reportDir: string | undefined;
};

export class OptionError extends Error {}

const CONNECTIONS_MAX = 18_000;
const DURATION_S_MAX = 3_600;

const FLAGS = ['help', 'smoke', 'full', 'multi', 'own'] as const;
const VALUES = ['event', 'events', 'connections', 'duration', 'url', 'report'] as const;

/** Reads `--name value` and `--name=value`. Throws an {@link OptionError} whose message is all there is to say. */
export function parseOptions(argv: readonly string[]): LoadOptions {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let at = 0; at < argv.length; at += 1) {
    const [name = '', inline] = split(argv[at]!);
    if ((FLAGS as readonly string[]).includes(name)) {
      if (inline !== undefined) throw new OptionError(`--${name} takes no value.`);
      flags.add(name);
    } else if ((VALUES as readonly string[]).includes(name)) {
      const value = inline ?? argv[++at];
      if (value === undefined || value.startsWith('--')) throw new OptionError(`--${name} wants a value.`);
      values.set(name, value);
    } else {
      const known = [...FLAGS, ...VALUES].map((each) => `--${each}`).join(', ');
      throw new OptionError(`There is no option ${argv[at]}. The options are: ${known}.`);
    }
  }
  if (flags.has('smoke') && flags.has('full'))
    throw new OptionError('--smoke and --full exclude each other.');
  if (values.has('event') && values.has('events'))
    throw new OptionError('Give --event or --events, not both.');
  if (flags.has('own') && values.has('url')) throw new OptionError('--own and --url exclude each other.');
  if (flags.has('multi') && !values.has('events')) {
    throw new OptionError('--multi wants --events with the numbers of the events, such as --events 1,2,3.');
  }
  const events = (values.get('event') ?? values.get('events') ?? '')
    .split(',')
    .filter((text) => text.trim() !== '')
    .map((text) => integer('event', text, 1, 999_999_999));
  const named = (name: 'connections' | 'duration', max: number) => {
    const text = values.get(name);
    return text === undefined ? undefined : integer(name, text, 1, max);
  };
  const url = values.get('url');
  if (url !== undefined && !/^https?:\/\/[^/]+/.test(url)) {
    throw new OptionError(`--url wants an address such as http://localhost:8080, not ${url}.`);
  }
  return {
    help: flags.has('help'),
    size: flags.has('smoke') ? 'smoke' : flags.has('full') ? 'full' : 'standard',
    events: [...new Set(events)],
    connections: named('connections', CONNECTIONS_MAX),
    durationS: named('duration', DURATION_S_MAX),
    own: flags.has('own'),
    url: url?.replace(/\/+$/, ''),
    reportDir: values.get('report'),
  };
}

function split(word: string): [string, string | undefined] {
  if (!word.startsWith('--')) throw new OptionError(`"${word}" is no option; options begin with --.`);
  const equals = word.indexOf('=');
  return equals < 0 ? [word.slice(2), undefined] : [word.slice(2, equals), word.slice(equals + 1)];
}

function integer(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new OptionError(`--${name} wants a whole number from ${min} to ${max}, not ${text}.`);
  }
  return value;
}

export const HELP = `Usage: npm run test:load -- [options]

  (no option)            the Artillery scenario, a sale with 1,000 sockets and a rush, about a minute
  --smoke                the same in short, about 20 s: what CI runs
  --full                 the whole suite: a spike of 7,000 joins, 5,000 sockets, 5,000 requests at once
  --event 1              a sale on an event that is there
  --multi --events 1,2,3 a sale on several events at once
  --connections 5000     sockets that are open at a time, over all events
  --duration 30          seconds from the first arrival to the last purchase begun
  --url <address>        the gateway; without it the house that runs here is used, or one is started for the run
  --own                  starts a house for the run although one runs here
  --report <folder>      where the report goes; without it loadtest/report
  --help                 this text

Fresh events and the levers of named ones want an operator: LOADTEST_OPERATOR_EMAIL and LOADTEST_OPERATOR_PASSWORD,
or the demo operator of \`npm start\`.`;
