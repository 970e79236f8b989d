import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedEvents } from '../../db/seed.ts';
import { type TestDatabase, testDatabase } from '../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../shared/testing/redis.ts';
import { until } from '../../shared/testing/wait.ts';

const MAIN = new URL('./main.ts', import.meta.url).pathname;
let database: TestDatabase;
let server: TestRedisServer;

beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
});

afterAll(async () => {
  await Promise.all([server?.close(), database?.close()]);
});

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env.PATH, ...env } });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const exited = once(child, 'exit').then(([code]) => code as number);
  return { child, said, exited };
}

describe('the process', () => {
  it('LC1 a configuration with faults ends it with 78, and every fault is named', async () => {
    const { said, exited } = start({ GATEWAY_PORT: '99999', STREAMS_MAX: 'many', REDIS_URL: 'http://x' });
    expect(await exited).toBe(78);
    for (const name of ['GATEWAY_PORT', 'STREAMS_MAX', 'REDIS_URL', 'QUEUE_REDIS_URL', 'DATABASE_URL']) {
      expect(said.err).toContain(name);
    }
  });

  it('LC2 it serves, and stops in order with streams and silent connections open', async () => {
    const [event] = await seedEvents(database.url, { events: 1, seats: 10 });
    const { child, said, exited } = start({
      REDIS_URL: server.url,
      QUEUE_REDIS_URL: server.url,
      DATABASE_URL: database.url,
      GATEWAY_PORT: '0',
      HOST: '127.0.0.1',
    });
    const port = await until(() => /"port":(\d+)/.exec(said.out)?.[1], { timeoutMs: 15_000 });
    const base = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${base}/ready`)).status === 200);
    const joined = await fetch(`${base}/events/${event!.eventId}/line`, { method: 'POST' });
    expect(joined.status).toBe(201);
    const stream = await fetch(`${base}/events/${event!.eventId}/line/stream`);
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let told = '';
    while (!told.includes('event: board')) told += (await reader.read()).value;
    const silent = connect(Number(port), '127.0.0.1');
    await once(silent, 'connect');
    const startedMs = performance.now();
    child.kill('SIGTERM');
    while (!(await reader.read()).done);
    expect(await exited).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(2_500);
    expect(said.out).toContain('"stopped"');
    silent.destroy();
  });
});
