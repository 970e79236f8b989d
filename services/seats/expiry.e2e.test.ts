/**
 * Holds end at their deadline whoever is away: with notifications off, with subscribers cut off, with a seat service
 * killed, amid other keys that expire. Two seat services share the Redis all the while.
 */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import WebSocket from 'ws';
import { parseFeedEntry } from '../../lua/feed-entry.ts';
import { holdSeats } from '../../lua/hold-seats.ts';
import { eventKey } from '../../lua/keys.ts';
import { listHolds } from '../../lua/read-holds.ts';
import { readSnapshot } from '../../lua/read-snapshot.ts';
import { admit } from '../../lua/testing.ts';
import { SeatClient } from '../../shared/client/seat-client.ts';
import type { SeatProtocol, WebSocketConstructor } from '../../shared/client/seat-socket.ts';
import { SEAT_AVAILABLE, SEAT_SOLD } from '../../shared/domain/seat.ts';
import { countSeats, readSeat } from '../../shared/protocol/seat-bits.ts';
import { Buyer, call } from '../../shared/testing/buyer.ts';
import { type House, startHouse } from '../../shared/testing/house.ts';
import { until } from '../../shared/testing/wait.ts';

const SEATS = 1_000;
const HOLD_MS = 1_200;
const OTHER_KEYS = 100_000;
const LATE_MS_MAX = 250;

let house: House;
let eventId: number;
let redis: Redis;
let watchers: Watcher[];
/** What the feed said of holds that ended: hold id to the moments at which it was heard. */
const ended = new Map<string, number[]>();
const sold: number[] = [];

/** A client that counts how often it is told that a seat came free. */
class Watcher {
  readonly url: string;
  readonly released = new Map<number, number>();
  readonly client: SeatClient;
  readonly live: Promise<unknown>;

  constructor(url: string, token: string, protocol: SeatProtocol) {
    this.url = url;
    this.client = new SeatClient({
      url: `${url}/events/${eventId}`,
      token: () => token,
      protocol,
      WebSocket: WebSocket as unknown as WebSocketConstructor,
      random: () => 0.1,
    });
    this.live = this.client.once('map');
    this.client.on('change', (seats) => {
      for (const seat of seats) {
        if (this.client.feed.stateOf(seat) !== SEAT_AVAILABLE) continue;
        this.released.set(seat, (this.released.get(seat) ?? 0) + 1);
      }
    });
    this.client.connect();
  }
}

beforeAll(async () => {
  house = await startHouse({ seatsInstances: 2 });
  eventId = await house.createEvent({
    venue: { template: 'theatre', seats: SEATS },
    onSale: { holdMs: HOLD_MS, capacity: 1_000, seatsPerVisitorMax: 100 },
  });
  redis = new Redis(house.redis.url, { retryStrategy: () => 20 });
  redis.on('error', () => {});
  const subscriber = redis.duplicate();
  subscriber.on('error', () => {});
  subscriber.on('message', (_channel, line: string) => {
    const entry = parseFeedEntry(line.slice(line.indexOf(' ') + 1));
    if (entry.kind !== 'released') return;
    ended.set(entry.holdId, [...(ended.get(entry.holdId) ?? []), Date.now()]);
  });
  await subscriber.subscribe(eventKey(eventId, 'feed'));

  // Somebody buys: what is sold has to outlive everything here.
  const buyer = new Buyer(house.gatewayUrl, eventId);
  const { admissionToken } = await buyer.enter();
  const { status, body } = await call<{ holdId: string; seats: number[] }>(
    `${house.gatewayUrl}/events/${eventId}/holds`,
    { method: 'POST', token: admissionToken, body: { best: { count: 4 } } },
  );
  expect(status).toBe(201);
  await buyer.settled((await buyer.order(body.holdId)).body.orderId);
  await until(async () => (await states()).sold === 4, { what: 'the sale to be on the map' });
  sold.push(...body.seats);
}, 60_000);
afterAll(async () => {
  for (const { client } of watchers ?? []) client.close();
  redis?.disconnect();
  await house?.close();
});

beforeEach(async () => {
  ended.clear();
  for (const { client } of watchers ?? []) client.close();
  // Two on each seat service.
  const who = new Buyer(house.gatewayUrl, eventId);
  const { admissionToken } = await who.enter();
  watchers = [0, 1, 0, 1].map(
    (at, nth) => new Watcher(house.seatsUrls[at]!, admissionToken, nth < 2 ? 'binary' : 'json'),
  );
  await Promise.all(watchers.map(({ live }) => live));
});

async function states() {
  const { bits, seatCount } = await readSnapshot(redis, eventId);
  return countSeats(bits, seatCount);
}

type Held = { readonly holdId: string; readonly seat: number; readonly expiresAtMs: number };

/** Holds of one seat each, granted one after the other so that their deadlines spread. */
async function holdByMany(count: number, prefix: string): Promise<Held[]> {
  const insiders = await Promise.all(
    Array.from({ length: Math.ceil(count / 100) }, () => admit(redis, eventId)),
  );
  const held: Held[] = [];
  const free = Array.from({ length: SEATS }, (_, seat) => seat).filter((seat) => !sold.includes(seat));
  for (const [at, seat] of free.slice(0, count).entries()) {
    const holdId = `${prefix}${seat}`;
    const who = insiders[Math.floor(at / 100)]!;
    const reply = await holdSeats(redis, eventId, { ...who, holdId, seats: [seat], add: false });
    if (!reply.granted) throw new Error(`${holdId}: ${reply.code}`);
    held.push({ holdId, seat, expiresAtMs: reply.expiresAtMs });
  }
  return held;
}

/** Waits until all have ended, and says how late each was; each was told once, on every socket given. */
async function expectEnded(held: readonly Held[], sockets: readonly Watcher[]): Promise<number[]> {
  await until(() => held.every(({ holdId }) => ended.has(holdId)), {
    timeoutMs: 8_000,
    what: 'the holds to end',
  });
  await until(() => sockets.every(({ released }) => held.every(({ seat }) => released.has(seat))), {
    what: 'every socket to be told',
  });
  // One more change, seen everywhere: whatever was to be told twice would have been told before it.
  await markTheEnd(sockets);
  for (const { released } of sockets) {
    const twice = held.filter(({ seat }) => released.get(seat) !== 1);
    expect(twice, 'HO9 FE5 one `released` a seat on each socket').toEqual([]);
  }
  expect(
    held.filter(({ holdId }) => ended.get(holdId)?.length !== 1),
    'HO9 one entry a hold',
  ).toEqual([]);
  const late = held.map(({ holdId, expiresAtMs }) => ended.get(holdId)![0]! - expiresAtMs);
  expect(Math.min(...late), 'HO8 never early').toBeGreaterThanOrEqual(0);
  await expectQuiet();
  return late.sort((a, b) => a - b);
}

async function markTheEnd(sockets: readonly Watcher[]): Promise<void> {
  const who = await admit(redis, eventId);
  const seat = SEATS - 1;
  const before = sockets.map(({ released }) => released.get(seat) ?? 0);
  await holdSeats(redis, eventId, { ...who, holdId: `last${Date.now()}`, seats: [seat], add: false });
  await until(() => sockets.every(({ released }, at) => (released.get(seat) ?? 0) > before[at]!), {
    what: 'the last hold to end on every socket',
  });
}

/** Nothing is left of the holds, the counters are exact, and what was sold is sold. */
async function expectQuiet(): Promise<void> {
  expect(await listHolds(redis, eventId)).toEqual([]);
  expect(await redis.zcard(eventKey(eventId, 'deadlines'))).toBe(0);
  const response = await fetch(`${house.gatewayUrl}/events/${eventId}`);
  const { seats } = (await response.json()) as { seats: Record<string, number> };
  expect(seats).toEqual({ total: SEATS, available: SEATS - 4, locked: 0, sold: 4, blocked: 0 });
  const { bits } = await readSnapshot(redis, eventId);
  expect(
    sold.map((seat) => readSeat(bits, seat)),
    'SE2 sold survives',
  ).toEqual([2, 2, 2, SEAT_SOLD]);
}

/** The sum of a counter over the seat services given. */
async function counted(name: string, urls: readonly string[]): Promise<number> {
  const texts = await Promise.all(
    urls.map(async (url) => (await fetch(`${url.replace('ws:', 'http:')}/metrics`)).text()),
  );
  return texts
    .flatMap((text) => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, 'gm'))])
    .reduce((sum, [, value]) => sum + Number(value), 0);
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor((sorted.length - 1) * share)]!;

function report(what: string, late: readonly number[]): void {
  const [p50, p99, max] = [at(late, 0.5), at(late, 0.99), late.at(-1)];
  console.log(`${what}: ${late.length} holds, late p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`);
}

it('HO8 HO9 FE5 amid 100,000 other keys that expire, 300 holds end on time, once, on two services', async () => {
  const pipeline = redis.pipeline();
  // From a second to ten minutes: some expire all the while, most stand in the way.
  for (let key = 0; key < OTHER_KEYS; key++)
    pipeline.psetex(`other:${key}`, 1_000 + ((key * 7_919) % 600_000), '');
  await pipeline.exec();
  const before = await counted('usher_holds_expired_total', house.seatsUrls);
  const held = await holdByMany(300, 'a');
  const late = await expectEnded(held, watchers);
  report('amid 100,000 other keys', late);
  expect(at(late, 0.99)).toBeLessThan(LATE_MS_MAX);
  // The 300, and the one that marks the end. A reply that came too late for its caller is in no count.
  const after = await counted('usher_holds_expired_total', house.seatsUrls);
  expect(after - before, 'HO9 no hold is counted by both').toBeLessThanOrEqual(301);
  expect(after - before).toBeGreaterThan(0);
}, 30_000);

it('HO8 with notifications switched off holds end on time', async () => {
  await redis.config('SET', 'notify-keyspace-events', '');
  const late = await expectEnded(await holdByMany(60, 'b'), watchers);
  report('without notifications', late);
  expect(at(late, 0.99)).toBeLessThan(LATE_MS_MAX);
  expect((await redis.config('GET', 'notify-keyspace-events')) as string[]).toContain('');
  await redis.config('SET', 'notify-keyspace-events', 'Ex');
});

it('HO9 FE3 while every subscriber is cut off again and again, holds end on time and each is told once', async () => {
  const killer = redis.duplicate();
  let cutting = true;
  const cuts = (async () => {
    let count = 0;
    for (; cutting; count++) {
      await killer.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    return count;
  })();
  // The test's own subscriber is cut off too: what it misses stands in the stream.
  const held = await holdByMany(60, 'c');
  await until(async () => (await listHolds(redis, eventId)).length === 0, { what: 'the holds to end' });
  const lastMs = Date.now() - held.at(-1)!.expiresAtMs;
  cutting = false;
  expect(await cuts).toBeGreaterThan(3);
  killer.disconnect();
  expect(lastMs, 'HO8').toBeLessThan(LATE_MS_MAX);
  const feed = await redis.xrange(eventKey(eventId, 'feed'), '-', '+');
  for (const { holdId } of held) {
    const times = feed.filter(([, fields]) => fields[1]!.startsWith(`released|${holdId}|`));
    expect(times, `HO9 ${holdId}`).toHaveLength(1);
  }
  await until(() => watchers.every(({ released }) => held.every(({ seat }) => released.has(seat))), {
    what: 'every socket to be told',
  });
  await markTheEnd(watchers);
  for (const { released } of watchers) {
    expect(
      held.filter(({ seat }) => released.get(seat) !== 1),
      'FE3 told once',
    ).toEqual([]);
  }
  await expectQuiet();
}, 30_000);

it('HO9 FE5 one of two seat services is killed: the other ends the holds on time', async () => {
  const held = await holdByMany(60, 'd');
  await house.kill('seats');
  const left = watchers.filter(({ url }) => url === house.seatsUrls[1]);
  expect(left).toHaveLength(2);
  const late = await expectEnded(held, left);
  report('with one service killed', late);
  expect(at(late, 0.99)).toBeLessThan(LATE_MS_MAX);
  await house.start('seats');
}, 30_000);
