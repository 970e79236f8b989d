import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureDraw, storeDraw } from '../../../db/draws.ts';
import { eventKey } from '../../../lua/keys.ts';
import { readLobby } from '../../../lua/read-lobby.ts';
import { tickLine } from '../../../lua/tick-line.ts';
import { type DrawTicket, drawLobby } from '../../../shared/domain/draw/draw.ts';
import { hasBit } from '../../../shared/domain/draw/present-bits.ts';
import { verifyDraw, verifyOwnPlace } from '../../../shared/domain/draw/verify.ts';
import type { OnSale } from '../../../shared/domain/on-sale.ts';
import type { DrawProof, DrawView } from '../../../shared/protocol/http.ts';
import { type TestDatabase, testDatabase } from '../../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../../shared/testing/redis.ts';
import { until } from '../../../shared/testing/wait.ts';
import { type TestGateway, TestVisitor, testGateway } from '../test-gateway.ts';

let database: TestDatabase;
let server: TestRedisServer;
/** Its loops stand still: it joins, reads, and stands for a gateway that has died. */
let still: TestGateway;
/** On a busy machine; design: 100 ms. */
const LATE_MS_MAX = 500;

const stores = () => ({ redisUrl: server.url, databaseUrl: database.url });
const running = () => testGateway(stores(), {}, { loops: true });

beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
  still = await testGateway(stores());
});

afterAll(async () => {
  await still?.close();
  await Promise.all([server?.close(), database?.close()]);
});

type Drawn = Extract<DrawView, { state: 'drawn' }>;
type Entry = { readonly visitor: TestVisitor; readonly ticket: DrawTicket };

/** An event whose lobby opens soon, and visitors in it. */
async function lobby(count: number, inMs: number, onSale: Partial<OnSale> = {}) {
  const opensAtMs = Date.now() + inMs;
  const eventId = await still.event({ opensAtMs, capacity: 3, ...onSale });
  const entries: Entry[] = [];
  for (let at = 0; at < count; at++) entries.push(await entry(new TestVisitor(still.app, eventId)));
  return { eventId, opensAtMs, entries };
}

async function entry(visitor: TestVisitor): Promise<Entry> {
  const { place } = (await visitor.join()).body;
  expect(place).toMatchObject({ state: 'lobby', number: place.draw.number });
  return { visitor, ticket: place.draw };
}

const get = (path: string) => still.app.inject({ url: path });
const readDraw = async (eventId: number) => (await get(`/events/${eventId}/draw`)).json<DrawView>();

async function drawn(eventId: number): Promise<Drawn> {
  return until(async () => {
    const draw = await readDraw(eventId);
    return draw.state === 'drawn' ? draw : undefined;
  });
}

/** By how much the draw came in force after the opening, by the clock of Redis. */
async function lateMs(eventId: number, opensAtMs: number): Promise<number> {
  const field = await until(async () => {
    const draw = await still.deps.redis.hget(eventKey(eventId, 'event'), 'draw');
    return draw?.startsWith('drawn') ? draw : undefined;
  });
  return Number(field.split(' ')[3]) - opensAtMs;
}

/** What the page does for its visitor, from what it kept and what everybody can read. */
async function checkEverybody(eventId: number, entries: readonly Entry[]): Promise<void> {
  const record = await drawn(eventId);
  const present = (await get(record.presentUrl)).rawPayload;
  for (const { visitor, ticket } of entries) {
    const { body: place } = await visitor.call('GET', '/line/me');
    expect(place.draw).toEqual(ticket);
    const proof = (await get(`/events/${eventId}/draw/proof?number=${ticket.number}`)).json<DrawProof>();
    expect(proof.isPresent).toBe(hasBit(present, ticket.number));
    expect(verifyOwnPlace(ticket, record, proof, place.number).drawnAs).toBe(place.number);
    expect(verifyDraw(record, present, { ticket, place: place.number }).checked).toHaveLength(7);
  }
}

describe('the draw over HTTP', () => {
  it('AD14 AD15 first the promise and a receipt, then everything, and it holds for everybody', async () => {
    const gateway = await running();
    const { eventId, opensAtMs, entries } = await lobby(9, 1_500);
    const [first] = entries;
    const promise = await readDraw(eventId);
    expect(promise).toEqual({ state: 'committed', eventId, commitment: first!.ticket.commitment });
    expect(first!.ticket.receipt).toMatch(/^[0-9a-f]{32}$/);
    expect((await first!.visitor.call('GET', '/line/me')).body.draw).toEqual(first!.ticket);
    for (const path of ['/draw/present', '/draw/proof?number=1']) {
      const early = await get(`/events/${eventId}${path}`);
      expect([early.statusCode, early.json().code]).toEqual([409, 'not_drawn']);
    }

    expect(await lateMs(eventId, opensAtMs)).toBeLessThan(LATE_MS_MAX);
    const record = await drawn(eventId);
    expect(record).toMatchObject({ commitment: promise.commitment, lobbyCount: 9, presentCount: 9 });
    await checkEverybody(eventId, entries);
    const { headers } = await get(record.presentUrl);
    expect(headers['cache-control']).toContain('immutable');
    expect((await get(`/events/${eventId}/draw?line=${record.lineEpoch}`)).json()).toEqual(record);
    const nobody = await get(`/events/${eventId}/draw/proof?number=10`);
    expect([nobody.statusCode, nobody.json().code]).toEqual([404, 'no_place']);
    // AD16: no receipt for those who come later.
    const late = await new TestVisitor(still.app, eventId).join();
    expect(late.body.place).toMatchObject({ state: 'waiting', number: 10, position: 7 });
    expect(late.body.place).not.toHaveProperty('draw');
    await gateway.close();
  });

  it('AD13 a stream tells its visitor of the draw at once, and of its new number', async () => {
    const gateway = await running();
    const base = await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    const { eventId, opensAtMs, entries } = await lobby(30, 1_500, { capacity: 1, paused: true });
    const { visitor } = entries[6]!;
    const abort = new AbortController();
    const stream = await fetch(`${base}/events/${eventId}/line/stream`, {
      headers: { authorization: `Bearer ${visitor.visitorToken}` },
      signal: abort.signal,
    });
    let told = '';
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
      told += chunk;
      if (/event: place\ndata: .*\n\n/.test(told)) break;
    }
    expect(Date.now() - opensAtMs).toBeLessThan(LATE_MS_MAX + 500);
    const place = JSON.parse(/event: place\ndata: (.*)\n/.exec(told)![1]!);
    expect(place).toMatchObject({
      state: 'waiting',
      number: (await visitor.call('GET', '/line/me')).body.number,
    });
    abort.abort();
    await gateway.close();
  });

  it('AD14 the promise is there before the first visitor, one for all who ask at once', async () => {
    const eventId = await still.event({ opensAtMs: Date.now() + 60_000 });
    const other = await testGateway(stores());
    const asked = await Promise.all(
      [still, other, still, other].map(({ app }) => app.inject({ url: `/events/${eventId}/draw` })),
    );
    expect(new Set(asked.map(({ body }) => body)).size).toBe(1);
    expect(asked[0]!.json()).not.toHaveProperty('seed');
    await other.close();
  });
});

describe('whoever dies', () => {
  it('AD18 two gateways draw once, the same for both', async () => {
    const gateways = await Promise.all([running(), running()]);
    const { eventId, opensAtMs, entries } = await lobby(8, 900);
    expect(await lateMs(eventId, opensAtMs)).toBeLessThan(LATE_MS_MAX);
    await checkEverybody(eventId, entries);
    await until(async () => (await get(`/events/${eventId}/line`)).json().calledThrough === 3);
    await Promise.all(gateways.map((gateway) => gateway.close()));
  });

  it('AD18 the one that dies at the closing is followed by the next, with the list as it was then', async () => {
    const { eventId, opensAtMs, entries } = await lobby(8, 2_500);
    // It watches the lobby, and is cut off from PostgreSQL before the opening: it closes the lobby, and that is all.
    const cutOff = await running();
    entries.push(await entry(new TestVisitor(cutOff.app, eventId)));
    await until(async () => (await cutOff.deps.metrics.ticks.get()).values.some(({ value }) => value > 1));
    await cutOff.deps.db.close();
    const { present } = await until(() => readLobby(still.deps.redis, eventId));
    expect(Date.now()).toBeGreaterThanOrEqual(opensAtMs);
    await until(async () =>
      (await cutOff.deps.metrics.ticks.get()).values.some(({ labels }) => labels.outcome === 'failed'),
    );
    // Nobody is called, and nothing is lost.
    await entries[0]!.visitor.call('DELETE', '/line/me');
    expect((await entries[1]!.visitor.call('GET', '/line/me')).body.state).toBe('lobby');
    const next = await running();
    const record = await drawn(eventId);
    expect((await get(record.presentUrl)).rawPayload).toEqual(Buffer.from(present));
    await until(async () => (await entries[1]!.visitor.call('GET', '/line/me')).body.state !== 'lobby');
    expect((await entries[0]!.visitor.call('GET', '/line/me')).body.state).toBe('left');
    await checkEverybody(eventId, entries);
    await Promise.all([cutOff.close(), next.close()]);
  });

  it('AD18 what one had stored before it died is what the next puts in force', async () => {
    const { eventId, opensAtMs, entries } = await lobby(6, 300);
    await until(async () => Date.now() >= opensAtMs);
    await tickLine(still.deps.redis, eventId);
    const closed = (await readLobby(still.deps.redis, eventId))!;
    const { lineEpoch } = closed;
    const draw = await ensureDraw(still.deps.db, eventId, lineEpoch);
    const outcome = drawLobby(draw.seed, { eventId, lineEpoch }, closed, closed.present);
    const made = await storeDraw(still.deps.db, draw.drawId, { eventId, lineEpoch }, closed, outcome);
    // Redis forgets the last of what it knew, and those who left it since: the stored list counts all the same.
    await still.deps.redis.setbit(eventKey(eventId, 'present'), 2, 0);
    const next = await running();
    expect(await drawn(eventId)).toMatchObject(made.record);
    await until(async () => (await entries[0]!.visitor.call('GET', '/line/me')).body.state !== 'lobby');
    await checkEverybody(eventId, entries);
    const again = await storeDraw(still.deps.db, draw.drawId, { eventId, lineEpoch }, closed, {
      ...outcome,
      root: '00',
    });
    expect(again.record).toEqual(made.record);
    await next.close();
  });

  it('AD18 after a restart of Redis and of the gateway it opens at its moment', async () => {
    const { eventId, opensAtMs, entries } = await lobby(7, 2_500);
    await server.stop();
    await server.start();
    await until(async () => (await still.deps.redis.ping()) === 'PONG');
    const next = await running();
    for (const { visitor } of entries) {
      const { body } = await visitor.call('GET', '/line/me');
      expect(body.state).toBe('lobby');
    }
    expect(await lateMs(eventId, opensAtMs)).toBeLessThan(LATE_MS_MAX);
    await checkEverybody(eventId, entries);
    await next.close();
  });

  it('AD14 a Redis that was wiped begins another line: the seed that was told is never used again', async () => {
    const gateway = await running();
    const first = await lobby(3, 500);
    const before = await drawn(first.eventId);
    await server.kill();
    await server.start();
    await until(async () => (await still.deps.redis.ping()) === 'PONG');
    const opensAtMs = Date.now() + 60_000;
    const token = await still.operator();
    const patched = await still.app.inject({
      method: 'PATCH',
      url: `/admin/events/${first.eventId}/on-sale`,
      headers: { authorization: `Bearer ${token}` },
      payload: { opensAtMs },
    });
    expect(patched.statusCode).toBe(200);
    const visitor = new TestVisitor(still.app, first.eventId);
    const { place } = (await visitor.join()).body;
    expect(place).toMatchObject({ state: 'lobby', number: 1 });
    expect(place.draw.commitment).not.toBe(before.commitment);
    await until(async () => (await readDraw(first.eventId)).commitment === place.draw.commitment);
    expect((await get(`/events/${first.eventId}/draw?line=${before.lineEpoch}`)).json()).toEqual(before);
    await gateway.close();
  });
});
