/**
 * The scripts of the line against a model, on a real Redis whose clock the test sets: joining, leaving, silence, claim
 * windows, deadlines, levers and restarts in any order.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UsherError } from '../shared/domain/errors.ts';
import { ON_SALE_DEFAULTS } from '../shared/domain/on-sale.ts';
import { positionFromSegments } from '../shared/domain/place.ts';
import { fuzzSeed } from '../shared/testing/fuzz-seed.ts';
import { type TestRedis, testRedis } from '../shared/testing/redis.ts';
import { until } from '../shared/testing/wait.ts';
import { endAdmission } from './end-admission.ts';
import { enterAdmission } from './enter-admission.ts';
import { joinLine } from './join-line.ts';
import { eventKey, type KeyName } from './keys.ts';
import { leaveLine } from './leave-line.ts';
import { readBoard } from './read-board.ts';
import { readLobby } from './read-lobby.ts';
import { readPlace } from './read-place.ts';
import { setOnSale } from './set-on-sale.ts';
import { blockSeats, unblockSeats } from './set-seats.ts';
import { LineModel, type LineSettings } from './testing/line-model.ts';
import { loadVirtualClock, setVirtualTime } from './testing/virtual-time.ts';
import { drawTestLobby, drawTestNumbers, loadTestEvent } from './testing.ts';
import { tickLine } from './tick-line.ts';
import { touchPresence } from './touch-presence.ts';

const RUNS = 250;
const STEPS_MAX = 80;
const SEATS = 8;
/** Not on the edge of a window of presence. */
const START_MS = 1_760_000_012_345;

let server: TestRedis;
/** Numbers that the gateways were told of, by channel. */
const told = new Map<string, number[]>();
let trials = 0;

beforeAll(async () => {
  server = await testRedis();
  await loadVirtualClock(server.redis);
  const subscriber = server.redis.duplicate();
  subscriber.on('pmessage', (_pattern, channel: string, text: string) => {
    told.set(channel, [...(told.get(channel) ?? []), ...text.split(',').map(Number)]);
  });
  subscriber.on('error', () => {});
  await subscriber.psubscribe('usher:*:line');
});
afterAll(() => server.close());

/** Stands for a visitor: one of a few names, or one of those who came without. */
const who = fc.integer({ min: 0, max: 30 });

type Values<Fields> = { [K in keyof Fields]: Fields[K] extends fc.Arbitrary<infer T> ? T : never };
function op<Name extends string, Fields extends Record<string, fc.Arbitrary<unknown>>>(
  name: Name,
  fields: Fields,
): fc.Arbitrary<{ op: Name } & Values<Fields>> {
  const record: Record<string, fc.Arbitrary<unknown>> = { op: fc.constant(name), ...fields };
  return fc.record(record, { noNullPrototype: true }) as never;
}

const step = fc.oneof(
  { weight: 10, arbitrary: op('join', { who }) },
  { weight: 12, arbitrary: op('joinNew', { count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 14, arbitrary: op('enter', { who }) },
  { weight: 6, arbitrary: op('leave', { who }) },
  { weight: 4, arbitrary: op('end', { who, reason: fc.constantFrom('left', 'bought', 'revoked') }) },
  { weight: 10, arbitrary: op('tick', {}) },
  { weight: 6, arbitrary: op('draw', { seed: fc.integer({ min: 0, max: 255 }) }) },
  { weight: 8, arbitrary: op('place', { who }) },
  { weight: 4, arbitrary: op('board', {}) },
  { weight: 8, arbitrary: op('advance', { byMs: fc.constantFrom(1, 400, 2_000, 9_000, 31_000, 95_000) }) },
  { weight: 4, arbitrary: op('advanceTo', { early: fc.constantFrom(0, 1) }) },
  { weight: 5, arbitrary: op('touch', { every: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 3,
    arbitrary: op('lever', {
      capacity: fc.integer({ min: 1, max: 6 }),
      ratePerMinute: fc.constantFrom(0, 60, 1_000, 1_000_000),
      paused: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 2, arbitrary: op('seats', { block: fc.boolean(), count: fc.integer({ min: 1, max: SEATS }) }) },
  { weight: 1, arbitrary: op('reload', { wiped: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const run = fc.record({
  settings: fc.record({
    capacity: fc.integer({ min: 1, max: 6 }),
    ratePerMinute: fc.constantFrom(60, 150, 1_000, 1_000_000),
    admissionMs: fc.constantFrom(5_000, 120_000),
    claimMs: fc.constantFrom(3_000, 60_000),
    roomOff: fc.constantFrom(false, false, false, false, true),
    inventoryAware: fc.constantFrom(false, false, true),
    closedAtMs: fc.constantFrom(null, null, null, START_MS + 100_000),
    opening: fc.constantFrom('past', 'past', 'lobby', 'lobby', 'scheduled'),
  }),
  steps: fc.array(step, { minLength: 5, maxLength: STEPS_MAX, size: 'max' }),
});

class Trial {
  readonly model: LineModel;
  readonly #eventId = ++trials;
  readonly #visitors = ['ann', 'bob', 'cat', 'dan', 'eve'];
  readonly #blocked = new Set<number>();
  #runId = 1;
  #lineEpoch = 0;
  #wasLevered = false;

  constructor({
    opening,
    ...settings
  }: Omit<LineSettings, 'paused' | 'lobbyOpensAtMs' | 'opensAtMs'> & { opening: string }) {
    this.model = new LineModel(START_MS, SEATS, {
      ...settings,
      paused: false,
      lobbyOpensAtMs: opening === 'scheduled' ? START_MS + 5_000 : null,
      opensAtMs: opening === 'past' ? null : START_MS + 20_000,
    });
  }

  get #onSale() {
    const { roomOff, ...settings } = this.model.settings;
    return { ...settings, waitingRoom: roomOff ? ('off' as const) : ('on' as const) };
  }

  #visitor = (at: number) => this.#visitors[at % this.#visitors.length]!;
  #admissionId = (number: number) => `${this.#eventId}-${this.#lineEpoch}-${number}`;

  async #load(): Promise<number> {
    const bits = new Uint8Array(SEATS / 4);
    for (const seat of this.#blocked) bits[seat >> 2]! |= 3 << ((seat & 3) * 2);
    const { epoch } = await loadTestEvent(server.redis, this.#eventId, {
      ...this.#onSale,
      seatCount: SEATS,
      runId: `run-${this.#runId}`,
      facts: { bits },
    });
    return epoch;
  }

  async start(): Promise<void> {
    await server.redis.flushall();
    await setVirtualTime(server.redis, this.model.now);
    this.#lineEpoch = await this.#load();
    await this.compare();
  }

  async take(next: Step): Promise<void> {
    const { model } = this;
    const { redis } = server;
    const event = this.#eventId;
    switch (next.op) {
      case 'join':
        return this.#join(this.#visitor(next.who));
      case 'joinNew':
        for (let at = 0; at < next.count; at++) await this.#join(null);
        return;
      case 'enter': {
        const visitorId = this.#visitor(next.who);
        const reply = await enterAdmission(redis, event, visitorId);
        const expected = model.enter(visitorId);
        if (typeof expected === 'string') {
          assert.deepEqual(reply, { entered: false, code: expected }, 'AD4');
          return;
        }
        const { number, ends, again } = expected;
        const admissionId = this.#admissionId(number);
        assert.deepEqual(reply, { entered: true, again, admissionId, expiresAtMs: ends }, 'AD4');
        return;
      }
      case 'leave': {
        const visitorId = this.#visitor(next.who);
        assert.equal(await leaveLine(redis, event, visitorId), model.leave(visitorId), 'AD6');
        return;
      }
      case 'end': {
        const number = model.numberFor(this.#visitor(next.who)) ?? 0;
        const ended = await endAdmission(redis, event, this.#admissionId(number), next.reason as 'left');
        assert.equal(ended, model.endAdmission(number, next.reason as 'left'), 'AD7');
        return;
      }
      case 'tick': {
        const { lobby, ...tick } = await tickLine(redis, event);
        assert.deepEqual(tick, model.tick(), 'AD3 AD4 AD5 AD8');
        assert.equal(lobby.state, model.draw?.state ?? 'none', 'AD13');
        return;
      }
      case 'draw': {
        const lobby = await readLobby(redis, event);
        assert.equal(lobby !== undefined, model.draw?.state === 'frozen');
        if (lobby === undefined) return;
        assert.deepEqual(
          bitsOf(Buffer.from(lobby.present)),
          [...model.draw!.present],
          'AD13 who is in the draw',
        );
        const seed = new Uint8Array(32).fill(next.seed);
        assert.ok(await drawTestLobby(redis, event, seed));
        model.publish(drawTestNumbers(lobby, event, seed));
        return;
      }
      case 'place':
        return this.#checkPlace(this.#visitor(next.who));
      case 'board':
        return this.#checkBoard();
      case 'advance':
        model.now += next.byMs;
        return setVirtualTime(redis, model.now);
      case 'advanceTo': {
        // To the next moment at which something is due, or to the last millisecond before it.
        const moments = [...model.called.values(), ...[...model.admitted.values()].map(({ ends }) => ends)];
        const due = Math.min(...moments.filter((moment) => moment > model.now));
        if (Number.isFinite(due)) model.now = due - next.early;
        return setVirtualTime(redis, model.now);
      }
      case 'touch': {
        const numbers = Array.from({ length: model.nextNumber }, (_, at) => at + 1).filter(
          (number) => number % next.every === 0,
        );
        await touchPresence(redis, event, numbers);
        for (const number of numbers) model.hear(number);
        return;
      }
      case 'lever': {
        const { op: _, ...levers } = next;
        this.#wasLevered = true;
        Object.assign(model.settings, levers);
        return setOnSale(redis, event, { ...ON_SALE_DEFAULTS, ...this.#onSale });
      }
      case 'seats': {
        const seats = Array.from({ length: next.count }, (_, at) => at);
        await (next.block ? blockSeats : unblockSeats)(redis, event, seats);
        for (const seat of seats) next.block ? this.#blocked.add(seat) : this.#blocked.delete(seat);
        model.availableSeats = SEATS - this.#blocked.size;
        return;
      }
      case 'reload':
        this.#runId += 1;
        model.now += 5;
        if (next.wiped) await redis.flushall();
        await setVirtualTime(redis, model.now);
        await this.#reload(next.wiped);
    }
  }

  async #reload(wiped: boolean): Promise<void> {
    const epoch = await this.#load();
    if (!wiped) return;
    assert.ok(epoch > this.#lineEpoch);
    this.#lineEpoch = epoch;
    this.model.forget();
  }

  async #join(visitorId: string | null): Promise<void> {
    const { model } = this;
    const number = model.join(visitorId, this.#admissionId);
    if (number === undefined) {
      await assert.rejects(joinLine(server.redis, this.#eventId, visitorId), new UsherError('not_on_sale'));
      return;
    }
    const { visitorId: id, place } = await joinLine(server.redis, this.#eventId, visitorId);
    if (visitorId === null) {
      // The id says the number; what stands behind it nobody can guess.
      assert.ok(id.startsWith(`${this.#admissionId(number)}-`), id);
      model.numberOf.set(id, number);
      this.#visitors.push(id);
    }
    this.#expectPlace(place, number);
  }

  async #checkPlace(visitorId: string): Promise<void> {
    const place = await readPlace(server.redis, this.#eventId, visitorId);
    const number = this.model.numberFor(visitorId);
    if (number === undefined) {
      assert.equal(place, undefined);
      return;
    }
    // Asking counts as being there (AD5).
    if (number > this.model.calledThrough) this.model.hear(number);
    this.#expectPlace(place!, number);
  }

  #expectPlace(place: NonNullable<Awaited<ReturnType<typeof readPlace>>>, number: number): void {
    const { latestWaitMs, ...expected } = this.model.place(number);
    const { latestWaitMs: bound, estimatedWaitMs, ...told } = place;
    assert.deepEqual(told, expected, 'AD1 AD9 the exact place');
    if (latestWaitMs !== undefined) assert.equal(bound, latestWaitMs, 'AD9 the bound of the wait');
    for (const wait of [bound, estimatedWaitMs]) {
      if (wait !== null) assert.ok(Number.isSafeInteger(wait) && wait >= 0, `AD9 a wait of ${wait}`);
    }
    assert.equal(estimatedWaitMs === null, bound === null, 'AD9 both waits are told, or none');
  }

  /** AD9: the segments have every waiting number once, and give everybody its place to their own width. */
  async #checkBoard(): Promise<void> {
    const { model } = this;
    const board = await readBoard(server.redis, this.#eventId);
    const { state, waiting, inside, capacity, ratePerMinute, calledThrough, availableSeats, updatedAtMs } =
      board;
    assert.deepEqual(
      { state, waiting, inside, capacity, ratePerMinute, calledThrough, availableSeats, updatedAtMs },
      {
        state: model.lineState,
        waiting: model.waiting,
        inside: model.admitted.size,
        capacity: model.settings.capacity,
        ratePerMinute: model.settings.ratePerMinute,
        calledThrough: model.calledThrough,
        availableSeats: model.availableSeats,
        updatedAtMs: model.now,
      },
    );
    let from = model.calledThrough + 1;
    for (const segment of board.segments) {
      assert.equal(segment.from, from, 'AD9 no number between two segments');
      assert.equal(segment.waiting, model.waitingIn(segment.from, segment.to), 'AD9 those who wait in it');
      from = segment.to + 1;
    }
    assert.equal(from, model.nextNumber + 1, 'AD9 the segments reach to the end');
    for (let number = model.calledThrough + 1; number <= model.nextNumber; number++) {
      if (!model.isWaiting(number)) continue;
      const at = positionFromSegments(number, board.segments)!;
      const { from: first, to } = board.segments.find((each) => number >= each.from && number <= each.to)!;
      const exact = model.waitingIn(model.calledThrough + 1, number);
      assert.ok(Math.abs(at - exact) <= to - first, `AD9 place ${at} of the board is ${exact}`);
    }
  }

  /** Reads all that Redis keeps of the line. */
  async compare(): Promise<void> {
    const { model } = this;
    const key = (name: KeyName) => eventKey(this.#eventId, name);
    const [fields, called, admitted, admissions, places, gone, lapsed] = (await server.redis
      .pipeline()
      .hmget(key('event'), 'nextNumber', 'calledThrough', 'waiting', 'tokensMilli', 'tokensAtMs')
      .zrange(key('called'), '0', '-1', 'WITHSCORES')
      .zrange(key('admitted'), '0', '-1', 'WITHSCORES')
      .hgetall(key('admissions'))
      .hgetall(key('places'))
      .getBuffer(key('gone'))
      .getBuffer(key('lapsed'))
      .exec())!.map(([error, reply]) => {
      if (error) throw error;
      return reply;
    }) as [string[], string[], string[], Record<string, string>, Record<string, string>, Buffer, Buffer];
    assert.deepEqual(
      fields.map(Number),
      [model.nextNumber, model.calledThrough, model.waiting, model.tokensMilli, model.tokensAtMs],
      'AD2 AD4 numbers, how far the line was called, who waits, and the tokens',
    );
    assert.deepEqual(
      pairs(called),
      [...model.called].map(([number, by]) => [String(number), by]).sort(),
      'AD4',
    );
    const inside = [...model.admitted.values()];
    assert.deepEqual(
      pairs(admitted),
      inside.map((each) => [this.#admissionId(each.number), each.ends]).sort(),
      'AD8',
    );
    const owners = Object.fromEntries(inside.map((each) => [this.#admissionId(each.number), each.visitorId]));
    assert.deepEqual(admissions, owners);
    const moved = [...model.numberOf].filter(
      ([id, number]) => !`${id}-`.startsWith(`${this.#admissionId(number)}-`),
    );
    assert.deepEqual(places, Object.fromEntries(moved.map(([id, number]) => [id, String(number)])), 'AD1');
    const numbers = (set: Set<number>) => [...set].sort((a, b) => a - b);
    assert.deepEqual([bitsOf(gone), bitsOf(lapsed)], [numbers(model.gone), numbers(model.lapsed)]);
    if (!this.#wasLevered && !model.settings.roomOff) {
      assert.ok(
        inside.length + model.called.size <= model.settings.capacity,
        'AD3 never more than the capacity',
      );
    }
    this.#checkNobodyIsLost();
  }

  /** Every number is in exactly one state: waiting, called, inside, gone, lapsed, or both of these: away at the draw. */
  #checkNobodyIsLost(): void {
    const { model } = this;
    for (let number = 1; number <= model.nextNumber; number++) {
      const states = [
        model.isWaiting(number),
        model.called.has(number),
        model.admitted.has(number),
        model.gone.has(number) || model.lapsed.has(number),
      ];
      assert.equal(states.filter(Boolean).length, 1, `AD1 number ${number} is in one state: ${states}`);
    }
  }

  async end(): Promise<void> {
    for (const visitorId of this.#visitors) await this.#checkPlace(visitorId);
    await this.#checkBoard();
    const { calls, settings } = this.model;
    const channel = eventKey(this.#eventId, 'line');
    const numbers = new Set(calls.map(({ number }) => number));
    await until(() => [...numbers].every((number) => told.get(channel)?.includes(number)), {
      what: 'the gateways to be told of everybody who was called',
    });
    told.clear();
    if (this.#wasLevered || settings.roomOff || this.#runId > 1) return;
    // AD2 in order; AD4 not faster than the rate, with a second's worth in the bucket.
    const burst = Math.max(1, settings.ratePerMinute / 60);
    for (const [first, from] of calls.entries()) {
      for (const [at, to] of calls.slice(first).entries()) {
        assert.ok(at === 0 || to.number > from.number, 'AD2 in the order of their numbers');
        const allowed = burst + ((to.atMs - from.atMs) * settings.ratePerMinute) / 60_000;
        assert.ok(at + 1 <= allowed + 1e-6, `AD4 ${at + 1} calls in ${to.atMs - from.atMs} ms`);
      }
    }
  }
}

const pairs = (flat: readonly string[]): [string, number][] =>
  flat
    .flatMap((member, at): [string, number][] => (at % 2 === 0 ? [[member, Number(flat[at + 1])]] : []))
    .sort();

/** The numbers whose bits are set. */
const bitsOf = (bytes: Buffer | null): number[] =>
  [...(bytes ?? [])].flatMap((byte, at) =>
    Array.from({ length: 8 }, (_, bit) => at * 8 + bit).filter((_, bit) => (byte >> (7 - bit)) & 1),
  );

it('AD1-AD18 whatever happens in whatever order, the line is what the rules say', async () => {
  const seed = fuzzSeed('line fuzz');
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(run, async (wish) => {
      const trial = new Trial(wish.settings as never);
      await trial.start();
      for (const next of wish.steps) {
        await trial.take(next);
        await trial.compare();
        steps += 1;
      }
      await trial.end();
    }),
    { seed, numRuns: RUNS },
  );
  expect(steps).toBeGreaterThan(RUNS * 5);
  console.log(`line fuzz: ${RUNS} runs, ${steps} steps`);
}, 60_000);

// What the fuzz found, or what it led to, by name.

it('AD9 nobody further behind is told a smaller bound of the wait, whoever of those called has come in yet', async () => {
  await server.redis.flushall();
  await setVirtualTime(server.redis, START_MS);
  const eventId = ++trials;
  await loadTestEvent(server.redis, eventId, { capacity: 2, admissionMs: 600_000, claimMs: 60_000 });
  const join = async () => (await joinLine(server.redis, eventId, null)).visitorId;
  const visitors = [await join(), await join(), await join(), await join()];
  // Both of the first two are called; the second goes in half a minute later, the first not yet.
  await setVirtualTime(server.redis, START_MS + 30_000);
  await enterAdmission(server.redis, eventId, visitors[1]!);
  const bounds = [];
  for (const visitor of visitors.slice(2))
    bounds.push((await readPlace(server.redis, eventId, visitor))?.latestWaitMs);
  // In order of their ends: the first's slot, had it gone in when called, then the second's.
  expect(bounds).toEqual([570_000, 600_000]);
});

it('AD1 a Redis that lost its last moments never gives the same visitor id twice', async () => {
  await server.redis.flushall();
  await setVirtualTime(server.redis, START_MS);
  const eventId = ++trials;
  await loadTestEvent(server.redis, eventId, { capacity: 1 });
  await joinLine(server.redis, eventId, null);
  await server.redis.save();
  const lost = await joinLine(server.redis, eventId, null);
  // As after a crash with `appendfsync everysec`: what came after the last write to disk is gone.
  await server.server.kill();
  await server.server.start();
  await until(() => server.redis.ping());
  await setVirtualTime(server.redis, START_MS + 1_000);
  await loadTestEvent(server.redis, eventId, { capacity: 1, runId: 'run-2' });
  const next = await joinLine(server.redis, eventId, null);
  // The id is whose orders, tickets and holds it is; the first one's token is good for days.
  expect(next.visitorId).not.toBe(lost.visitorId);
});
