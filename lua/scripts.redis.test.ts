/** The scripts as files: headers and bindings agree, and the Lua twin of a domain function is its twin. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onSaleState } from '../shared/domain/on-sale.ts';
import { type TestRedis, testRedis } from '../shared/testing/redis.ts';
import { loadScript } from './run-script.ts';

const HERE = new URL('.', import.meta.url);
const scripts = readdirSync(HERE).filter((file) => file.endsWith('.lua'));
let server: TestRedis;

beforeAll(async () => {
  server = await testRedis();
});
afterAll(() => server.close());

it.each(scripts)(
  '%s is loaded by a binding of its name, compiles, and uses every key that it names',
  async (file) => {
    const name = file.replace('.lua', '');
    expect(readFileSync(new URL(`${name}.ts`, HERE), 'utf8')).toContain(`loadScript('${name}')`);
    const script = loadScript(name);
    expect(await server.redis.script('LOAD', script.source)).toMatch(/^[0-9a-f]{40}$/);
    const body = script.source
      .split('\n')
      .filter((line) => !/^local \w+_key = KEYS/.test(line) && !line.startsWith('--'));
    for (const key of script.keys)
      expect(body.join('\n'), `${name} names the key ${key}`).toContain(`${key}_key`);
    // A key name put together in Lua would be one that keys.ts does not know.
    expect(script.source).not.toMatch(/'usher:|\{'\s*\.\./);
  },
);

it.each(scripts)('%s has no local that the header forgot: every *_key is declared', (file) => {
  const { source, keys } = loadScript(file.replace('.lua', ''));
  const code = source
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n');
  const used = new Set([...code.matchAll(/\b([a-z0-9]+)_key\b/g)].map(([, key]) => key));
  // Includes may offer functions that a script does not call; what it calls must have its keys.
  const declared = new Set<string | undefined>(keys);
  const missing = [...used].filter((key) => !declared.has(key));
  for (const key of missing) expect(UNCALLED[file.replace('.lua', '')] ?? []).toContain(key);
});

/** Keys that only functions of an include use which the script does not call. */
const UNCALLED: Record<string, string[]> = {
  'begin-checkout': ['feed'],
  'read-board': ['feed'],
  'read-snapshot': ['feed'],
};

it('AD2 the on-sale state in Lua is the one in shared/domain', async () => {
  const source = `${readFileSync(new URL('include/event.lua', HERE), 'utf8').replace(/feed_key/g, 'KEYS[1]')}
    local e = cjson.decode(ARGV[1])
    return on_sale_state(e, tonumber(ARGV[2]))`;
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
        const inLua = await server.redis.eval(
          source.replace(/event_key/g, 'KEYS[1]'),
          1,
          'k',
          JSON.stringify(event),
          nowMs,
        );
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
