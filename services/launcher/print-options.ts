/**
 * `npm run options -- --env` prints `.env.example`, `npm run options -- --markdown` the README's table. Both come
 * from the services' own tables, so that neither can name an option that nobody reads. An option of several
 * services is listed once; where they say different things about it, each is quoted.
 */
import { isAbsolute, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { commonOptions } from '../../shared/runtime/common-options.ts';
import { describeOption, type OptionSpec, type OptionTable } from '../../shared/runtime/options.ts';
import { checkoutOptions } from '../checkout/config.ts';
import { gatewayOptions } from '../gateway/config.ts';
import { seatsOptions } from '../seats/config.ts';
import { repoRoot } from './paths.ts';

/** Whose options there are, in the order in which they are printed. */
export const SERVICE_OPTIONS = {
  gateway: gatewayOptions,
  seats: seatsOptions,
  checkout: checkoutOptions,
} as const satisfies Record<string, OptionTable>;

/** What the launcher reads itself. */
export const LAUNCHER_OPTIONS = {
  USHER_DATA_DIR: {
    type: 'string',
    default: '.usher',
    doc: 'Where `npm start` keeps the data, the logs and the lock of the stores that it runs itself.',
  },
} as const satisfies OptionTable;

/** What docker-compose.yml reads beside the services' options; services never see these. */
export const COMPOSE_OPTIONS = {
  POSTGRES_PASSWORD: {
    type: 'string',
    default: 'usher',
    secret: true,
    doc: 'The password of the database, given to PostgreSQL when its volume is new and to whoever connects.',
  },
  GRAFANA_ADMIN_USER: { type: 'string', default: 'admin', doc: 'The first login of Grafana.' },
  GRAFANA_ADMIN_PASSWORD: { type: 'string', default: 'admin', secret: true, doc: 'Its password.' },
} as const satisfies OptionTable;

/** An option as it is printed. */
export type PrintedOption = {
  readonly name: string;
  readonly usedBy: readonly string[];
  /** One sentence, or one of each service where they differ. */
  readonly docs: readonly string[];
  readonly spec: OptionSpec;
};

export type OptionGroup = { readonly title: string; readonly options: readonly PrintedOption[] };

/** Every option once, under the heading of what it is for. */
export function optionGroups(): OptionGroup[] {
  const services = allOptions();
  const ports = services.filter(({ name }) => name.endsWith('_PORT'));
  const common = services.filter(({ name }) => Object.hasOwn(commonOptions, name));
  const rest = services.filter((option) => !ports.includes(option) && !common.includes(option));
  const shared = rest.filter(({ usedBy }) => usedBy.length > 1);
  const only = (service: string) => rest.filter(({ usedBy }) => usedBy.length === 1 && usedBy[0] === service);
  return [
    { title: 'Ports', options: ports },
    { title: 'Every service', options: common },
    { title: 'Several services', options: shared },
    { title: 'Gateway', options: only('gateway') },
    { title: 'Seats', options: only('seats') },
    { title: 'Checkout', options: only('checkout') },
    { title: 'Launcher', options: printed(LAUNCHER_OPTIONS, 'launcher') },
  ];
}

function allOptions(): PrintedOption[] {
  const found = new Map<string, { spec: OptionSpec; docs: Map<string, string> }>();
  for (const [service, table] of Object.entries<OptionTable>(SERVICE_OPTIONS)) {
    for (const [name, spec] of Object.entries(table)) {
      const known = found.get(name);
      if (known === undefined) found.set(name, { spec, docs: new Map([[service, spec.doc]]) });
      else known.docs.set(service, spec.doc);
    }
  }
  return [...found].map(([name, { spec, docs }]) => ({
    name,
    usedBy: [...docs.keys()],
    docs:
      new Set(docs.values()).size === 1
        ? [spec.doc]
        : [...docs].map(([service, doc]) => `${service[0]!.toUpperCase()}${service.slice(1)}: ${doc}`),
    spec: portable(spec),
  }));
}

function printed(table: OptionTable, usedBy: string): PrintedOption[] {
  return Object.entries(table).map(([name, spec]) => ({ name, usedBy: [usedBy], docs: [spec.doc], spec }));
}

/** A default that is a path in this clone, as it would be in any other. */
function portable(spec: OptionSpec): OptionSpec {
  if (spec.type !== 'string' || !isAbsolute(spec.default)) return spec;
  return { ...spec, default: relative(repoRoot, spec.default).replaceAll('\\', '/') };
}

/** The text of `.env.example`. */
export function envExample(): string {
  const groups = optionGroups().map(({ title, options }) =>
    [
      `# --- ${title} ---`,
      ...options.map(({ name, docs, spec }) => describeOption(name, { ...spec, doc: docs.join('\n# ') })),
    ].join('\n\n'),
  );
  // Indented, and so no option of `npm start`, which reads its list from this file.
  const compose = Object.entries<OptionSpec>(COMPOSE_OPTIONS).map(
    ([name, spec]) => `# ${spec.doc}\n#   ${name}=${spec.default}`,
  );
  return `${[
    '# Every option with its default. Copy this file to .env and take the # away from what you change.\n' +
      '# It is read by `npm start` and by docker compose; what the environment has set already wins.\n' +
      '# Printed by `npm run options -- --env` from the tables of the services.',
    ...groups,
    '# --- docker compose only ---',
    ...compose,
  ].join('\n\n')}\n`;
}

/** The README's table. */
export function markdownTable(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = optionGroups().flatMap(({ options }) =>
    options.map(({ name, usedBy, docs, spec }) => {
      const fallback = Array.isArray(spec.default) ? spec.default.join(',') : String(spec.default ?? '');
      const shown = fallback === '' ? '' : `\`${fallback}\``;
      const who = usedBy.length === Object.keys(SERVICE_OPTIONS).length ? 'all' : usedBy.join(', ');
      return `| \`${name}\` | ${cell(shown)} | ${who} | ${cell(docs.join(' '))} |`;
    }),
  );
  return `${['| option | default | used by | meaning |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const forms: Record<string, () => string> = { '--env': envExample, '--markdown': markdownTable };
  const form = forms[process.argv[2] ?? ''];
  if (form === undefined) {
    process.stderr.write(`Usage: npm run options -- ${Object.keys(forms).join(' | ')}\n`);
    process.exit(1);
  }
  process.stdout.write(form());
}
