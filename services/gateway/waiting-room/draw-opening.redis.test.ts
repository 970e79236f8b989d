/**
 * How long an opening takes. With `DRAW_LOBBIES=10000,100000,1000000 npm test -- draw-opening` it measures large
 * lobbies; the figures of the design come from there. Everybody has joined as far as Redis can tell; one in twenty
 * is away.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventKey, type KeyName } from '../../../lua/keys.ts';
import { verifyDraw } from '../../../shared/domain/draw/verify.ts';
import type { DrawView } from '../../../shared/protocol/http.ts';
import { type TestDatabase, testDatabase } from '../../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../../shared/testing/redis.ts';
import { until } from '../../../shared/testing/wait.ts';
import { testGateway } from '../test-gateway.ts';

const LOBBIES = (process.env.DRAW_LOBBIES ?? '2000').split(',').map(Number);
const CAPACITY = 500;
const WINDOW_MS = 30_000;
/** To grow the tree of a lobby on a busy machine. */
const MS_PER_VISITOR = 0.04;

let database: TestDatabase;
let server: TestRedisServer;

beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
});
afterAll(() => Promise.all([server?.close(), database?.close()]));

it.each(LOBBIES)(
  'AD13 a lobby of %i is drawn and the first are called soon after the opening',
  async (lobbyCount) => {
    const stores = { redisUrl: server.url, databaseUrl: database.url };
    const gateway = await testGateway(stores, {}, { loops: true });
    const { redis } = gateway.deps;
    const opensAtMs = Date.now() + 3_000 + lobbyCount * MS_PER_VISITOR;
    const eventId = await gateway.event({ opensAtMs, capacity: CAPACITY });
    const key = (name: KeyName) => eventKey(eventId, name);
    await gateway.app.inject({ method: 'POST', url: `/events/${eventId}/line` });
    const seen = Buffer.alloc(lobbyCount / 8 + 1, 0xff);
    // Every twentieth bit.
    for (let number = 20; number <= lobbyCount; number += 20) seen[number >> 3]! &= ~(0x80 >> (number & 7));
    const fill = async (count: number) => {
      await redis.hset(key('event'), 'nextNumber', count, 'waiting', count);
      const window = Math.floor(Date.now() / WINDOW_MS);
      const bits = seen.subarray(0, Math.ceil(count / 8));
      await redis.set(key(`seen${window % 3}` as KeyName), bits);
      await redis.hset(key('event'), 'seenWindow', window);
    };
    // The last one in a hundred come half a second before.
    await fill(Math.floor(lobbyCount * 0.99));
    while (Date.now() < opensAtMs - 500) {
      await sleep(Math.min(5_000, opensAtMs - 500 - Date.now()));
      await fill(Math.floor(lobbyCount * 0.99));
    }
    await fill(lobbyCount);

    const delay = monitorEventLoopDelay({ resolution: 1 });
    await sleep(opensAtMs - Date.now() - 5);
    delay.enable();
    const called = await until(() => redis.zcard(key('called')), { everyMs: 1, timeoutMs: 15_000 });
    const calledMs = Date.now() - opensAtMs;
    delay.disable();
    expect(called).toBe(CAPACITY);

    const field = await redis.hget(key('event'), 'draw');
    const inForceMs = Number(field!.split(' ')[3]) - opensAtMs;
    const get = (path: string) => gateway.app.inject({ url: `/events/${eventId}/draw${path}` });
    const record = (await get('')).json<Extract<DrawView, { state: 'drawn' }>>();
    expect(record).toMatchObject({ lobbyCount, presentCount: lobbyCount - Math.floor(lobbyCount / 20) });
    const proofStartedMs = performance.now();
    expect((await get('/proof?number=1')).statusCode).toBe(200);
    const proofMs = performance.now() - proofStartedMs;
    const verifyStartedMs = performance.now();
    verifyDraw(record, (await get('/present')).rawPayload);
    const verifyMs = performance.now() - verifyStartedMs;
    console.log(
      `lobby of ${lobbyCount}: drawn ${inForceMs} ms after the opening, first called ${calledMs} ms, longest slice ${Math.round(delay.max / 1e6)} ms, proof ${proofMs.toFixed(1)} ms, whole check ${Math.round(verifyMs)} ms`,
    );
    await gateway.close();
  },
  180_000,
);
