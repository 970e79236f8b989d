/**
 * Everything at once, seeded: fifty clients that connect, lag, drop, hold, extend, release and buy, while Redis is
 * restarted, wiped and frozen and the seat service is killed. When it is quiet again, every client's map is that of
 * Redis, what is sold is what PostgreSQL says, and nothing hangs on to a seat.
 */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { eventKey } from '../../lua/keys.ts';
import { listHolds } from '../../lua/read-holds.ts';
import { readSnapshot } from '../../lua/read-snapshot.ts';
import { SeatError } from '../../shared/client/pending-requests.ts';
import { SeatClient } from '../../shared/client/seat-client.ts';
import type { WebSocketConstructor } from '../../shared/client/seat-socket.ts';
import { SEAT_AVAILABLE, SEAT_LOCKED, SEAT_SOLD } from '../../shared/domain/seat.ts';
import type { Admission } from '../../shared/protocol/http.ts';
import { unpackSeats } from '../../shared/protocol/seat-bits.ts';
import { Buyer, call } from '../../shared/testing/buyer.ts';
import { fuzzSeed, Random } from '../../shared/testing/fuzz-seed.ts';
import { type House, startHouse } from '../../shared/testing/house.ts';
import { until } from '../../shared/testing/wait.ts';

const ACTORS = 50;
const SEATS = 300;
const STORM_MS = 16_000;
/** Each disaster begins this long after the one before has passed. */
const CALM_MS = 1_800;

let house: House;
let eventId: number;
let redis: Redis;
let over = false;

beforeAll(async () => {
  house = await startHouse({ env: { HOLDS_PER_MINUTE: '100000', STOP_TIMEOUT_MS: '2000' } });
  eventId = await house.createEvent({
    venue: { template: 'theatre', seats: SEATS },
    onSale: { holdMs: 2_000, paymentMs: 10_000, capacity: 1_000, seatsPerVisitorMax: 6 },
  });
  redis = new Redis(house.redis.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => {});
}, 60_000);
afterAll(async () => {
  redis?.disconnect();
  await house?.close();
});

/** What happened, for the report and to see that the storm was one. */
const tally: Record<string, number> = {};
const count = (what: string) => {
  tally[what] = (tally[what] ?? 0) + 1;
};

/** Faults that a storm brings with it: the actor goes on. Anything else is a fault of ours. */
const EXPECTED = new Set([
  ...['disconnected', 'timeout', 'ended', 'unavailable', 'admission_ended', 'seats_taken', 'over_limit'],
  ...['no_adjacent_seats', 'unknown_hold', 'hold_expired', 'hold_paying', 'already_extended', 'rate_limited'],
]);

class Actor {
  readonly #random: Random;
  readonly #protocol: 'json' | 'binary';
  #buyer: Buyer;
  /** Whom it was before. */
  readonly #former: Buyer[] = [];
  #socket: WebSocket | undefined;
  client: SeatClient | undefined;
  /** Orders that were accepted, with whoever may ask for them. */
  readonly orders: { readonly orderId: string; readonly buyer: Buyer }[] = [];

  constructor(seed: number, at: number) {
    this.#random = new Random(seed * 1_000 + at);
    this.#protocol = at % 2 === 0 ? 'binary' : 'json';
    this.#buyer = new Buyer(house.gatewayUrl, eventId);
  }

  /** Comes in and watches, as somebody new; tried again while the house is down. */
  async #enter(): Promise<SeatClient | undefined> {
    this.client?.close();
    this.client = undefined;
    this.#former.push(this.#buyer);
    this.#buyer = new Buyer(house.gatewayUrl, eventId);
    try {
      await this.#buyer.enter(1_000);
    } catch {
      count('not let in');
      return undefined;
    }
    const buyer = this.#buyer;
    const { seatsUrl } = buyer.admission!;
    const take = (socket: WebSocket) => {
      this.#socket = socket;
    };
    const Own = class extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols);
        take(this);
      }
    };
    this.client = new SeatClient({
      url: seatsUrl,
      token: () => askAgain(buyer),
      protocol: this.#protocol,
      WebSocket: Own as unknown as WebSocketConstructor,
      requestTimeoutMs: 2_000,
      silenceMs: 2_000,
      pongMs: 1_500,
      // Nobody waits for 15 seconds here.
      random: () => this.#random.next() * 0.1,
    });
    this.client.on('state', ({ state }) => count(state));
    this.client.on('welcome', ({ resumed }) => count(resumed ? 'resumed' : 'snapshot'));
    return this.client.connect();
  }

  async act(): Promise<void> {
    while (!over) {
      await pause(this.#random.between(10, 250));
      const client =
        this.client === undefined || this.client.state.state === 'ended' ? await this.#enter() : this.client;
      if (client === undefined || client.state.state !== 'live') continue;
      try {
        await this.#step(client);
      } catch (error) {
        if (!(error instanceof SeatError && EXPECTED.has(error.code))) throw error;
        count(error.code);
        // A wiped Redis knows nobody any more: back to the end of the line.
        if (error.code === 'admission_ended') client.close();
      }
    }
  }

  async #step(client: SeatClient): Promise<void> {
    const random = this.#random;
    const hold = client.holds.list()[0];
    const chance = random.next();
    if (chance < 0.06) {
      count('drop');
      this.#socket?.terminate();
    } else if (chance < 0.1) {
      count('lag');
      const socket = this.#socket;
      socket?.pause();
      await pause(random.between(50, 600));
      socket?.resume();
    } else if (chance < 0.12) {
      count('leave the map');
      client.close();
    } else if (hold === undefined || chance < 0.4) {
      if (random.chance(0.5)) await client.holdBest({ count: random.between(1, 3) });
      else await client.hold(someSeats(random));
      count('hold');
    } else if (chance < 0.55) {
      await client.hold(someSeats(random), hold.holdId);
      count('add');
    } else if (chance < 0.65) {
      await client.extend(hold.holdId);
      count('extend');
    } else if (chance < 0.85) {
      await client.release(hold.holdId, random.chance(0.3) ? hold.seats.slice(0, 1) : undefined);
      count('release');
    } else await this.#buy(hold.holdId);
  }

  /** Gives back what it has, as far as it knows; whom it was before leaves, and itself where it does not watch. */
  async tidyUp(): Promise<void> {
    const watches = this.client?.state.state === 'live';
    for (const { admission } of watches ? this.#former : [...this.#former, this.#buyer]) {
      if (admission === undefined) continue;
      const url = `${house.gatewayUrl}/events/${eventId}/admission`;
      await call(url, { method: 'DELETE', token: admission.admissionToken });
    }
    for (const { holdId } of (watches && this.client?.holds.list()) || []) {
      await this.client?.release(holdId).catch(() => count('knew of a hold that was none'));
    }
  }

  async #buy(holdId: string): Promise<void> {
    const buyer = this.#buyer;
    const method = this.#random.pick([
      'pm_card_visa',
      'pm_card_visa',
      'pm_card_chargeDeclined',
      'pm_sim_flaky',
    ]);
    const answer = await buyer.order(holdId, method).catch(() => undefined);
    count(`order ${answer?.status ?? 'unanswered'}`);
    if (answer?.status === 202) this.orders.push({ orderId: answer.body.orderId, buyer });
  }
}

/** A token as a page gets it before each connection: the house says when the admission is over. */
async function askAgain({ visitorToken }: Buyer): Promise<string> {
  const url = `${house.gatewayUrl}/events/${eventId}/admission`;
  const { status, body } = await call<Admission>(url, { method: 'POST', token: visitorToken });
  if (status === 200) return body.admissionToken;
  throw Object.assign(new Error(`Asking for the token again: ${status}`), { retryable: status >= 500 });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const someSeats = (random: Random) => {
  // Among few, so that they meet.
  const from = random.below(60);
  return Array.from({ length: random.between(1, 3) }, (_, at) => from + at);
};

/** Each at its turn, in an order that the seed decides. */
async function disasters(random: Random): Promise<void> {
  const list: [string, () => Promise<void>][] = [
    [
      'Redis is restarted with its data',
      async () => {
        await house.redis.stop();
        await house.redis.start();
      },
    ],
    [
      'Redis is wiped',
      async () => {
        await house.redis.kill();
        await house.redis.start();
      },
    ],
    [
      'Redis is frozen',
      async () => {
        house.redis.pause();
        await pause(1_000);
        house.redis.resume();
      },
    ],
    [
      'the seat service is killed',
      async () => {
        await house.kill('seats');
        await house.start('seats');
      },
    ],
  ];
  while (list.length > 0) {
    await pause(CALM_MS + random.below(600));
    const [[what, happen]] = list.splice(random.below(list.length), 1) as [[string, () => Promise<void>]];
    console.log(`storm: ${what}`);
    await happen();
  }
}

it('FE1 FE3 FE6 CK2 CK11 SE2 after any storm every map is right and no seat is sold twice', async () => {
  const seed = fuzzSeed('storm');
  const actors = Array.from({ length: ACTORS }, (_, at) => new Actor(seed, at));
  const acting = Promise.all(actors.map((actor) => actor.act()));
  const storm = disasters(new Random(seed));
  await Promise.race([Promise.all([storm, pause(STORM_MS)]), acting]);
  over = true;
  await Promise.all([storm, acting]);

  // Quiet: what is being paid for is settled, what is held ends by itself.
  const orders = actors.flatMap((actor) => actor.orders);
  const views = await Promise.all(orders.map(({ orderId, buyer }) => buyer.settled(orderId, 20_000)));
  await until(() => actors.every(({ client }) => !client || ['live', 'ended'].includes(client.state.state)), {
    timeoutMs: 10_000,
    what: 'every client to be live or gone',
  });
  await Promise.all(actors.map((actor) => actor.tidyUp()));
  await until(
    async () => {
      const left = await listHolds(redis, eventId);
      if (left.length > 0) throw new Error(JSON.stringify({ nowMs: Date.now(), left }));
      return true;
    },
    { timeoutMs: 6_000, everyMs: 50, what: 'all holds to end' },
  );
  const paid = views.filter(({ status }) => status === 'paid');
  const claims = async () =>
    (
      await house.database.sql<{ seat: number }[]>`
        select seat_index as seat from claims where event_id = ${eventId} order by seat_index`
    ).map(({ seat }) => seat);
  const soldOnMap = async () => {
    const { bits } = await readSnapshot(redis, eventId);
    return [...unpackSeats(bits, SEATS)].flatMap((state, seat) => (state === SEAT_SOLD ? [seat] : []));
  };
  await until(async () => String(await soldOnMap()) === String(await claims()), {
    timeoutMs: 15_000,
    everyMs: 50,
    what: 'the map to have sold what PostgreSQL has',
  });
  console.log(`storm: ${JSON.stringify(tally)}; ${paid.length} of ${orders.length} orders paid`);

  // Nobody has paid for what somebody else has.
  const tickets = paid.flatMap(({ seats }) => seats).sort((a, b) => a - b);
  expect(new Set(tickets).size, 'CK2 no seat twice').toBe(tickets.length);
  expect(tickets, 'CK11 paid, claimed and on the map').toEqual(await claims());
  const [captured] = await house.database.sql<{ n: number }[]>`
    select count(*)::int as n from simulated_payments where state = 'captured'`;
  expect(captured?.n, 'CK11 one charge an order').toBe(paid.length);

  // Nothing hangs on to a seat.
  const { bits, epoch } = await readSnapshot(redis, eventId);
  const states = [...unpackSeats(bits, SEATS)];
  expect(states.filter((state) => state === SEAT_LOCKED)).toEqual([]);
  expect(states.filter((state) => state === SEAT_AVAILABLE)).toHaveLength(SEATS - tickets.length);
  for (const key of ['deadlines', 'paying'] as const)
    expect(await redis.zcard(eventKey(eventId, key))).toBe(0);
  const visitors = Object.entries(await redis.hgetall(eventKey(eventId, 'visitors')));
  const holding = visitors.filter(([, record]) => !record.startsWith('0|') || record.split('|')[4] !== '');
  expect(holding, 'HO10 nobody is thought to hold anything').toEqual([]);

  // Every client that is still there has this map, without asking for it.
  const clients = actors.flatMap(({ client }) => (client && client.state.state !== 'ended' ? [client] : []));
  expect(clients.length).toBeGreaterThan(ACTORS / 3);
  await until(() => clients.every(({ state, feed }) => state.state === 'ended' || feed.epoch === epoch), {
    timeoutMs: 5_000,
    what: 'every client to be back',
  });
  const wrong = () =>
    clients.filter(({ state, feed }) => {
      return state.state !== 'ended' && !(feed.isWhole && Buffer.from(feed.bits).equals(Buffer.from(bits)));
    });
  await until(() => wrong().length === 0, { what: 'every map to be that of Redis' });
  for (const client of clients) client.close();

  // It was a storm.
  for (const what of ['hold', 'release', 'drop', 'lag', 'resumed', 'snapshot', 'reconnecting', 'order 202']) {
    expect(tally[what], what).toBeGreaterThan(0);
  }
}, 90_000);

it('FE6 PR9 whoever held seats in a Redis that was wiped learns that it holds them no more', async () => {
  const { seatsUrl, admissionToken } = await until(() => new Buyer(house.gatewayUrl, eventId).enter(1_000), {
    timeoutMs: 10_000,
    what: 'to be let in',
  });
  const client = new SeatClient({
    url: seatsUrl,
    token: () => admissionToken,
    WebSocket: WebSocket as unknown as WebSocketConstructor,
    random: () => 0.1,
  }).connect();
  await until(() => client.state.state === 'live', { what: 'the client to be live' });
  const { holdId } = await client.holdBest({ count: 2 });
  const { epoch } = client.feed;
  await house.redis.kill();
  await house.redis.start();
  await until(() => client.feed.epoch !== epoch, { timeoutMs: 10_000, what: 'the map of the new epoch' });
  // The map shows the seats as free, or as somebody else's: the page must not offer to pay for them.
  await until(() => client.holds.get(holdId) === undefined, {
    what: `hold ${holdId} to be gone from the page`,
  });
  client.close();
}, 30_000);
