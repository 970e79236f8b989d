import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../../shared/testing/redis.ts';
import { until } from '../../../shared/testing/wait.ts';
import { type TestGateway, TestVisitor, testGateway } from '../test-gateway.ts';

let database: TestDatabase;
let server: TestRedisServer;
let gateway: TestGateway;
let base: string;

beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
  gateway = await testGateway(
    { redisUrl: server.url, databaseUrl: database.url },
    { STREAMS_MAX: '4' },
    { loops: true },
  );
  base = await gateway.app.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(async () => {
  await gateway?.close();
  await Promise.all([server?.close(), database?.close()]);
});

type Told = { readonly event: string; readonly data: { state: string; waiting: number } };

/** Opens a stream and gathers what it says. */
async function listen(eventId: number, visitor?: TestVisitor) {
  const abort = new AbortController();
  const headers = visitor && { authorization: `Bearer ${visitor.visitorToken}` };
  const response = await fetch(`${base}/events/${eventId}/line/stream`, {
    signal: abort.signal,
    ...(headers && { headers }),
  });
  const told: Told[] = [];
  const ended = (async () => {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
        const event = /^event: (\w+)$/m.exec(text.slice(0, at))?.[1];
        const data = /^data: (.+)$/m.exec(text.slice(0, at))?.[1];
        if (event !== undefined && data !== undefined) told.push({ event, data: JSON.parse(data) });
        text = text.slice(at + 2);
      }
    }
  })().catch(() => {});
  return {
    status: response.status,
    headers: response.headers,
    ended,
    boards: () => told.filter(({ event }) => event === 'board').map(({ data }) => data),
    places: () => told.filter(({ event }) => event === 'place').map(({ data }) => data.state),
    close: async () => {
      abort.abort();
      await ended;
    },
  };
}

describe('the stream of a line', () => {
  it('AD9 boards to everybody, a place to the one who is called and has entered, none to those who only move up', async () => {
    const eventId = await gateway.event({ capacity: 1 });
    const inside = await new TestVisitor(gateway.app, eventId).inside();
    const [next, later] = [new TestVisitor(gateway.app, eventId), new TestVisitor(gateway.app, eventId)];
    await next.join();
    await later.join();
    const [a, b, spectator] = [
      await listen(eventId, next),
      await listen(eventId, later),
      await listen(eventId),
    ];
    expect(a.headers.get('content-type')).toMatch(/^text\/event-stream/);
    await until(() => a.boards().length > 0 && b.boards().length > 0 && spectator.boards().length > 0);
    expect(a.places()).toEqual([]);

    await inside.call('DELETE', '/admission', { as: 'admission' });
    await until(() => a.places().length === 1, { what: 'the call' });
    expect(a.places()).toEqual(['called']);
    await next.enter();
    await until(() => a.places().length === 2, { what: 'the entry' });
    expect(a.places()).toEqual(['called', 'admitted']);
    await until(() => spectator.boards().at(-1)?.waiting === 1);
    expect(b.places()).toEqual([]);
    expect(spectator.places()).toEqual([]);

    // Whoever comes back in time for its turn is told at once.
    const again = await listen(eventId, next);
    await until(() => again.places().length === 1);
    expect(again.places()).toEqual(['admitted']);

    const tooMany = await fetch(`${base}/events/${eventId}/line/stream`);
    expect([tooMany.status, (await tooMany.json()).code]).toEqual([503, 'unavailable']);
    await Promise.all([a, b, spectator, again].map((stream) => stream.close()));
    await until(() => gateway.streams.count === 0);
  });

  it('LC2 streams end when the gateway stops', async () => {
    const stream = await listen(await gateway.event());
    await until(() => stream.boards().length > 0);
    gateway.streams.drain();
    await stream.ended;
  });
});
