/** The scripts as files: headers and bindings agree, and the Lua twin of a domain function is its twin. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onSaleState } from '../shared/domain/on-sale.ts';
import { type TestRedis, testRedis } from '../shared/testing/redis.ts';
import { MAP_FIELDS } from './map-record.ts';
import { library, loadLibrary, loadScript } from './run-script.ts';

const HERE = new URL('.', import.meta.url);
const names = readdirSync(HERE)
  .filter((file) => file.endsWith('.lua'))
  .map((file) => file.replace('.lua', ''));
let server: TestRedis;

beforeAll(async () => {
  server = await testRedis();
});
afterAll(() => server.close());

it('the library compiles, and loading it twice at once is loading it', async () => {
  await Promise.all([loadLibrary(server.redis), loadLibrary(server.redis)]);
  const loaded = JSON.stringify(await server.redis.call('FUNCTION', 'LIST'));
  for (const name of names) expect(loaded).toContain(loadScript(name).functionName);
});

it('no key is built in Lua: its names are those of keys.ts', () => {
  expect(library.source).not.toMatch(/'usher:|'\{'/);
});

it.each(names)(
  '%s is called by the binding of its name and uses every key and argument that it names',
  (name) => {
    expect(readFileSync(new URL(`${name}.ts`, HERE), 'utf8')).toContain(`loadScript('${name}')`);
    const script = loadScript(name);
    const body = readFileSync(new URL(`${name}.lua`, HERE), 'utf8');
    const code = withoutComments(body) + withoutComments(includesOf(body));
    for (const key of script.keys)
      expect(code, `${name} names the key ${key}`).toMatch(new RegExp(`\\b${key}_key\\b`));
    for (const arg of script.args)
      expect(code, `${name} names ${arg}`).toMatch(new RegExp(`\\b${arg.replace('...', '')}\\b`));
  },
);

it('the record of the map has the same fields in the same order in Lua and here', () => {
  const source = readFileSync(new URL('include/event.lua', HERE), 'utf8');
  const [, reading] = /local event = \{\}\n([\s\S]+?) =\n/.exec(source)!;
  expect([...reading!.matchAll(/event\.(\w+)/g)].map(([, field]) => field)).toEqual([...MAP_FIELDS]);
});

it('AD2 the on-sale state in Lua is the one in shared/domain', async () => {
  const source = `${readFileSync(new URL('include/event.lua', HERE), 'utf8')}
    return on_sale_state(cjson.decode(ARGV[1]), tonumber(ARGV[2]))`;
  const script = `local event_key, map_key, feed_key = KEYS[1], KEYS[1], KEYS[1]\n${source}`;
  const moment = fc.constantFrom(0, 100, 200, 300);
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        closedAtMs: moment,
        opensAtMs: moment,
        lobbyOpensAtMs: moment,
        paused: fc.constantFrom(0, 1),
        available: fc.constantFrom(0, 3),
        locked: fc.constantFrom(0, 2),
      }),
      fc.constantFrom(50, 100, 150, 250, 350),
      async (event, nowMs) => {
        const inLua = await server.redis.eval(script, 1, 'k', JSON.stringify(event), nowMs);
        const here = onSaleState(
          {
            closedAtMs: event.closedAtMs || null,
            opensAtMs: event.opensAtMs || null,
            lobbyOpensAtMs: event.lobbyOpensAtMs || null,
            paused: event.paused === 1,
          },
          event,
          nowMs,
        );
        expect(inLua).toBe(here);
      },
    ),
    { numRuns: 200 },
  );
});

const withoutComments = (code: string) => code.replace(/^\s*--.*$/gm, '');

/** The text of the includes whose functions a script calls, and of those that these call. */
function includesOf(body: string, seen = new Set<string>()): string {
  let text = '';
  for (const file of readdirSync(new URL('include/', HERE))) {
    if (seen.has(file)) continue;
    const source = readFileSync(new URL(`include/${file}`, HERE), 'utf8');
    const functions = [...source.matchAll(/^local function (\w+)/gm)].map(([, name]) => name);
    if (!functions.some((name) => new RegExp(`\\b${name}\\(`).test(body))) continue;
    seen.add(file);
    text += source + includesOf(source, seen);
  }
  return text;
}
