import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type OptionTable, parseOptions } from '../../shared/runtime/options.ts';
import { startShape } from './known-options.ts';
import { repoRoot } from './paths.ts';
import {
  COMPOSE_OPTIONS,
  envExample,
  LAUNCHER_OPTIONS,
  markdownTable,
  optionGroups,
  SERVICE_OPTIONS,
} from './print-options.ts';

const tables = Object.values<OptionTable>(SERVICE_OPTIONS);
const printed = optionGroups().flatMap(({ options }) => options);

it('LC1 .env.example is what the option tables print', () => {
  const committed = readFileSync(join(repoRoot, '.env.example'), 'utf8');
  expect(committed, 'print it anew: npm run --silent options -- --env > .env.example').toBe(envExample());
});

it('LC1 the README has the table that the option tables print', () => {
  const readme = readFileSync(join(repoRoot, 'README.md'), 'utf8');
  const between = /<!-- options: .* -->\n([\s\S]*)<!-- \/options -->/.exec(readme)?.[1];
  const how = 'put between its markers what this prints: npm run --silent options -- --markdown';
  expect(between?.trim(), how).toBe(markdownTable().trim());
});

it('LC1 every option is printed once, as an option of the launcher and in the table', () => {
  const names = [...new Set([...tables, LAUNCHER_OPTIONS].flatMap((table) => Object.keys(table)))].sort();
  expect(printed.map(({ name }) => name).sort()).toEqual(names);
  expect([...startShape().variables].sort()).toEqual(names);
  const rows = markdownTable().trim().split('\n').slice(2);
  expect(rows.map((row) => /^\| `(\w+)` \|/.exec(row)?.[1]).sort()).toEqual(names);
  for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(5);
});

it('LC1 services that share an option agree on its type and default', () => {
  for (const { name } of printed) {
    const specs = tables.flatMap((table) => table[name] ?? []);
    for (const { type, default: fallback } of specs) {
      expect({ name, type, fallback }).toEqual({ name, type: specs[0]!.type, fallback: specs[0]!.default });
    }
  }
});

it('LC1 what is printed as a default is accepted as a value', () => {
  const env = Object.fromEntries(
    [...envExample().matchAll(/^#([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  const stores = {
    REDIS_URL: 'redis://localhost:1',
    QUEUE_REDIS_URL: 'redis://localhost:2',
    DATABASE_URL: 'postgres://localhost:3',
  };
  for (const table of tables) {
    const given = parseOptions(table, { ...env, ...stores });
    expect({ ...given, WEB_ROOT: '' }).toEqual({ ...parseOptions(table, stores), WEB_ROOT: '' });
  }
});

it('LC1 nothing of this machine is printed, and nothing of compose is an option of npm start', () => {
  expect(envExample()).not.toContain(repoRoot);
  expect(markdownTable()).not.toContain(repoRoot);
  for (const name of Object.keys(COMPOSE_OPTIONS)) {
    expect(envExample()).toContain(name);
    expect(startShape().variables).not.toContain(name);
  }
});
