import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ArgsShape, optionOf } from './args.ts';
import { repoRoot } from './paths.ts';

/** Variables that the launcher itself understands, whether or not a service has them. */
const LAUNCHER_VARIABLES = [
  'GATEWAY_PORT',
  'SEATS_PORT',
  'CHECKOUT_PORT',
  'REDIS_URL',
  'QUEUE_REDIS_URL',
  'DATABASE_URL',
  'USHER_DATA_DIR',
];

interface Documented {
  readonly variable: string;
  readonly value: string;
  readonly prose: string;
}

/** Every option with its default and its prose, as `.env.example` lists them (which is made of the same options). */
function documented(): Documented[] {
  const file = join(repoRoot, '.env.example');
  if (!existsSync(file)) return [];
  const options: Documented[] = [];
  let prose: string[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const assignment = /^#?\s?([A-Z][A-Z0-9_]+)=(.*)$/.exec(line);
    if (assignment) {
      options.push({ variable: assignment[1]!, value: assignment[2]!, prose: prose.join(' ') });
      prose = [];
    } else if (line.startsWith('#')) prose.push(line.slice(1).trim());
    else prose = [];
  }
  return options;
}

/** What `npm start` and `npm run dev` understand. */
export function startShape(): ArgsShape {
  const variables = new Set([...LAUNCHER_VARIABLES, ...documented().map((option) => option.variable)]);
  return { variables: [...variables], aliases: { port: 'GATEWAY_PORT' }, flags: ['fresh', 'help'] };
}

/** The text of `--help`. */
export function startHelp(command: string): string {
  const lines = [
    `Usage: ${command} -- [options]`,
    '',
    '  --port <port>    the port of the page and the API (GATEWAY_PORT, 8080)',
    '  --fresh          delete the data of the embedded stores first',
    '  --help           this text',
    '',
    'Every option of a service works as --kebab-case <value>, as an environment variable and in a file .env:',
    '',
  ];
  const known = documented();
  for (const { variable, value, prose } of known) {
    lines.push(`  --${optionOf(variable)}${value === '' ? '' : `  (${value})`}`);
    if (prose !== '') lines.push(`      ${prose}`);
  }
  const listed = new Set(known.map((option) => option.variable));
  for (const variable of LAUNCHER_VARIABLES)
    if (!listed.has(variable)) lines.push(`  --${optionOf(variable)}`);
  return lines.join('\n');
}
