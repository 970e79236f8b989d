/** FE7 on real sockets: some stop reading while the whole house changes again and again, the others read on. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { readSnapshot } from '../../lua/read-snapshot.ts';
import { blockSeats, unblockSeats } from '../../lua/set-seats.ts';
import { SeatClient, type SeatClientState } from '../../shared/client/seat-client.ts';
import type { WebSocketConstructor } from '../../shared/client/seat-socket.ts';
import { SEAT_AVAILABLE, SEAT_BLOCKED } from '../../shared/domain/seat.ts';
import { Buyer } from '../../shared/testing/buyer.ts';
import { type House, startHouse } from '../../shared/testing/house.ts';
import { until } from '../../shared/testing/wait.ts';

const SEATS = 12_000;
/** Few enough that what a slow one missed is smaller than the map, so that it may resume. */
const CHANGING = 1_000;
const SLOW = 4;
const FAST = 10;
/** What the kernel keeps for a reader that does not read is some 5 MB; past that the service has to decide. */
const ROUNDS_MAX = 600;

let house: House;
let redis: Redis;
let eventId: number;
const watchers: Watcher[] = [];

/** A client whose socket the test can keep from reading. */
class Watcher {
  readonly client: SeatClient;
  readonly states: SeatClientState[] = [];
  readonly resumed: boolean[] = [];
  frames = 0;
  #socket: WebSocket | undefined;

  constructor(url: string, token: string, protocol: 'json' | 'binary') {
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
      url,
      token: () => token,
      protocol,
      WebSocket: Own as unknown as WebSocketConstructor,
      // A paused socket hears nothing; it is not for the client to give up on it.
      silenceMs: 600_000,
      random: () => 0.1,
    });
    this.client.on('state', (state) => this.states.push(state));
    this.client.on('welcome', ({ resumed }) => this.resumed.push(resumed));
    this.client.on('change', () => {
      this.frames += 1;
    });
    this.client.connect();
  }

  stopReading(): void {
    this.#socket?.pause();
  }

  /** Live, and answered: not just about to be cut off. */
  async isSteady(): Promise<boolean> {
    await this.client.ping();
    return this.client.state.state === 'live';
  }

  readOn(): void {
    this.#socket?.resume();
  }

  isAt = (seat: number, state: number) => this.client.feed.stateOf(seat) === state;
}

beforeAll(async () => {
  house = await startHouse({ env: { BACKPRESSURE_BYTES_MAX: '65536', SOCKETS_PER_VISITOR_MAX: '50' } });
  eventId = await house.createEvent({ venue: { template: 'arena', seats: SEATS } });
  redis = new Redis(house.redis.url);
  const who = new Buyer(house.gatewayUrl, eventId);
  const { seatsUrl, admissionToken } = await who.enter();
  for (let at = 0; at < SLOW + FAST; at++) {
    // The slow ones read JSON, which fills buffers faster.
    watchers.push(new Watcher(seatsUrl, admissionToken, at < SLOW || at % 2 === 0 ? 'json' : 'binary'));
  }
  await until(async () => (await Promise.all(watchers.map((each) => each.isSteady()))).every(Boolean), {
    what: 'all to be live',
  });
}, 60_000);
afterAll(async () => {
  for (const { client } of watchers) client.close();
  redis?.disconnect();
  await house?.close();
});

/** A figure of the seat service; of a counter with labels, their sum. */
async function figure(name: string): Promise<number> {
  const text = await (await fetch(`${house.seatsUrl.replace('ws:', 'http:')}/metrics`)).text();
  return [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, 'gm'))].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
}

it('FE7 FE3 whoever stops reading is closed at the limit and resumes by offset; the others miss nothing', async () => {
  const slow = watchers.slice(0, SLOW);
  const fast = watchers.slice(SLOW);
  const seats = Array.from({ length: CHANGING }, (_, seat) => seat);
  for (const watcher of slow) watcher.stopReading();

  let rounds = 0;
  for (; (await figure('usher_seats_closes_total')) < SLOW; rounds++) {
    expect(rounds, 'the slow ones to be closed').toBeLessThan(ROUNDS_MAX);
    const to = rounds % 2 === 0 ? SEAT_BLOCKED : SEAT_AVAILABLE;
    await (to === SEAT_BLOCKED ? blockSeats : unblockSeats)(redis, eventId, seats);
    // The others have each round before the next begins, so each is a frame of its own.
    await until(() => fast.every((watcher) => watcher.isAt(0, to) && watcher.isAt(CHANGING - 1, to)), {
      everyMs: 1,
      what: `round ${rounds} on the sockets that read`,
    });
  }
  const last = rounds % 2 === 0 ? SEAT_AVAILABLE : SEAT_BLOCKED;
  for (const watcher of fast) {
    expect(watcher.frames, 'a frame a round').toBe(rounds);
    expect(watcher.states, 'no gap, no new connection').toEqual([{ state: 'live' }]);
  }
  expect(await figure('usher_seats_resyncs_total')).toBe(0);
  expect(await figure('usher_seats_sockets')).toBe(FAST);
  expect(
    slow.every(({ states }) => states.length === 1),
    'the slow ones do not know it yet',
  ).toBe(true);

  // They read what is still in the kernel's buffers, see the end, and come back for the rest.
  for (const watcher of slow) watcher.readOn();
  await until(() => slow.every((watcher) => watcher.resumed.length === 2 && watcher.isAt(0, last)), {
    timeoutMs: 10_000,
    what: 'the slow ones to be back',
  });
  for (const { states, resumed } of slow) {
    expect(states.map(({ state }) => state)).toEqual(['live', 'reconnecting', 'live']);
    expect([1006, 4008]).toContain((states[1] as { code: number }).code);
    expect(resumed, 'FE3 by offset').toEqual([false, true]);
  }
  const { epoch, offset, bits } = await readSnapshot(redis, eventId);
  for (const { client } of watchers) {
    expect([client.feed.epoch, client.feed.offset]).toEqual([epoch, offset]);
    expect(Buffer.from(client.feed.bits).equals(Buffer.from(bits)), 'the map of Redis').toBe(true);
  }
  console.log(`slow readers were closed after ${rounds} rounds of ${CHANGING} changes`);
}, 60_000);
