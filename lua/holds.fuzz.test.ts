/**
 * The hold scripts against a model, on a real Redis whose clock the test sets: any order of holding, paying, selling,
 * ending, blocking, and coming back after a restart. After each step all that Redis keeps is compared.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ON_SALE_DEFAULTS } from '../shared/domain/on-sale.ts';
import {
  SEAT_AVAILABLE,
  SEAT_BLOCKED,
  SEAT_LOCKED,
  SEAT_SOLD,
  type SeatState,
} from '../shared/domain/seat.ts';
import { unpackSeats } from '../shared/protocol/seat-bits.ts';
import { fuzzSeed } from '../shared/testing/fuzz-seed.ts';
import { type TestRedis, testRedis } from '../shared/testing/redis.ts';
import { until } from '../shared/testing/wait.ts';
import { beginCheckout } from './begin-checkout.ts';
import { endAdmission } from './end-admission.ts';
import { enterAdmission } from './enter-admission.ts';
import { extendHold } from './extend-hold.ts';
import { type FeedEntry, parseFeedEntry, parseFeedPosition } from './feed-entry.ts';
import { giveBack } from './give-back.ts';
import { holdBest } from './hold-best.ts';
import type { HoldReply } from './hold-reply.ts';
import { holdSeats } from './hold-seats.ts';
import { joinLine } from './join-line.ts';
import { eventKey } from './keys.ts';
import { leaveLine } from './leave-line.ts';
import { parseMapRecord } from './map-record.ts';
import { markSold } from './mark-sold.ts';
import { releaseDue } from './release-due.ts';
import { releaseHold } from './release-hold.ts';
import { setOnSale } from './set-on-sale.ts';
import { blockSeats, releaseSeats, unblockSeats } from './set-seats.ts';
import { HoldsModel, type ModelHold, type ModelSettings } from './testing/holds-model.ts';
import { loadVirtualClock, setVirtualTime } from './testing/virtual-time.ts';
import { admit, loadTestEvent } from './testing.ts';
import { tickLine } from './tick-line.ts';
import { unsell } from './unsell.ts';

const RUNS = 250;
const STEPS_MAX = 60;
const SEATS = 24;
const ROW = 6;
const START_MS = 1_760_000_000_000;

let server: TestRedis;
/** What was published, as whoever subscribes hears it, by channel. */
const published = new Map<string, string[]>();
let trials = 0;

beforeAll(async () => {
  server = await testRedis();
  await loadVirtualClock(server.redis);
  const subscriber = server.redis.duplicate();
  subscriber.on('pmessage', (_pattern, channel: string, line: string) => {
    published.set(channel, [...(published.get(channel) ?? []), line]);
  });
  subscriber.on('error', () => {});
  await subscriber.psubscribe('usher:*:feed');
});
afterAll(() => server.close());

// Who and what a step is about, from small sets, so that steps meet.
const visitor = fc.constantFrom('ann', 'bob', 'cat', 'dan');
const holdId = fc.constantFrom('h0', 'h1', 'h2', 'h3', 'h4', 'h5');
const orderId = fc.constantFrom('o0', 'o1', 'o2');
const seat = fc.integer({ min: 0, max: SEATS - 1 });
const someSeats = fc.uniqueArray(seat, { minLength: 1, maxLength: 4 });
/** Mostly the hold's own visitor, with the admission that it has; else somebody's who has no right. */
const isRight = fc.integer({ min: 0, max: 9 }).map((n) => n > 0);

type Values<Fields> = { [K in keyof Fields]: Fields[K] extends fc.Arbitrary<infer T> ? T : never };
function op<Name extends string, Fields extends Record<string, fc.Arbitrary<unknown>>>(
  name: Name,
  fields: Fields,
): fc.Arbitrary<{ op: Name } & Values<Fields>> {
  const record: Record<string, fc.Arbitrary<unknown>> = { op: fc.constant(name), ...fields };
  return fc.record(record, { noNullPrototype: true }) as never;
}

const step = fc.oneof(
  { weight: 6, arbitrary: op('enter', { visitor }) },
  { weight: 14, arbitrary: op('hold', { visitor, holdId, seats: someSeats, isRight }) },
  { weight: 4, arbitrary: op('add', { holdId, seats: someSeats, isRight }) },
  {
    weight: 1,
    arbitrary: op('hold', { visitor, holdId, isRight, seats: fc.constantFrom([3, SEATS], [-1]) }),
  },
  {
    weight: 6,
    arbitrary: op('best', {
      visitor,
      holdId,
      isRight,
      count: fc.integer({ min: 1, max: 4 }),
      scatter: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: op('release', { holdId, isRight, seats: fc.oneof(someSeats, fc.constant([])) }) },
  { weight: 4, arbitrary: op('extend', { holdId, isRight }) },
  { weight: 6, arbitrary: op('begin', { holdId, orderId, isRight }) },
  { weight: 4, arbitrary: op('giveBack', { holdId, orderId }) },
  { weight: 4, arbitrary: op('sell', { holdId }) },
  { weight: 2, arbitrary: op('judgeSold', { visitor, seats: someSeats }) },
  { weight: 3, arbitrary: op('unsell', { seat, seats: someSeats }) },
  { weight: 2, arbitrary: op('leave', { visitor, revoked: fc.boolean() }) },
  { weight: 2, arbitrary: op('tick', {}) },
  { weight: 5, arbitrary: op('advance', { byMs: fc.constantFrom(1, 400, 2_000, 9_000, 31_000) }) },
  { weight: 5, arbitrary: op('advanceTo', { early: fc.constantFrom(0, 1) }) },
  { weight: 6, arbitrary: op('releaseDue', {}) },
  { weight: 2, arbitrary: op('block', { seats: someSeats }) },
  { weight: 2, arbitrary: op('unblock', { seats: someSeats }) },
  { weight: 2, arbitrary: op('releaseSeats', { seats: someSeats }) },
  {
    weight: 2,
    arbitrary: op('lever', {
      seatsPerVisitorMax: fc.constantFrom(2, 6, 9),
      closed: fc.constantFrom(false, false, true),
    }),
  },
  {
    weight: 2,
    arbitrary: op('reload', {
      wiped: fc.boolean(),
      claims: fc.integer({ min: 0, max: 63 }),
      soldElsewhere: fc.integer({ min: -1, max: SEATS - 1 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const run = fc.record({
  roomOff: fc.constantFrom(false, false, true),
  holdMs: fc.constantFrom(5_000, 60_000),
  steps: fc.array(step, { minLength: 5, maxLength: STEPS_MAX, size: 'max' }),
});

/** One run: a model, the event in Redis, and the map as it follows from the feed alone. */
class Trial {
  readonly model: HoldsModel;
  readonly #eventId = ++trials;
  #runId = 1;
  #epoch = 0;
  #lineEpoch = 0;
  #offset = 0;
  #told = 0;
  /** The map and the holds as a client has them that has heard the feed and nothing else. */
  #replayed: SeatState[] = [];
  #replayedHolds = new Map<string, Set<number>>();

  constructor(settings: ModelSettings) {
    this.model = new HoldsModel(START_MS, SEATS, ROW, settings);
  }

  get #onSale() {
    const { roomOff, holdMs, paymentMs, admissionMs, seatsPerVisitorMax, closed } = this.model.settings;
    return {
      ...{ holdMs, paymentMs, admissionMs, seatsPerVisitorMax },
      capacity: 1_000,
      ratePerMinute: 1_000_000,
      waitingRoom: roomOff ? ('off' as const) : ('on' as const),
      closedAtMs: closed ? 1 : null,
    };
  }

  async load(facts: Omit<ReturnType<HoldsModel['facts']>, 'claimed'>): Promise<void> {
    const { outcome, epoch } = await loadTestEvent(server.redis, this.#eventId, {
      ...this.#onSale,
      seatCount: SEATS,
      rowLength: ROW,
      runId: `run-${this.#runId}`,
      facts,
    });
    assert.equal(outcome, 'loaded');
    assert.equal(epoch, Math.max(this.model.now, this.#epoch + 1), 'FE6 a new epoch, after the old one');
    this.#epoch = epoch;
    this.#told += 1;
  }

  async start(): Promise<void> {
    await server.redis.flushall();
    await setVirtualTime(server.redis, this.model.now);
    await this.load(this.model.facts(() => false));
    this.#lineEpoch = this.#epoch;
    await this.compare();
  }

  /** Everything published was appended, and in that order (FE1). */
  async end(): Promise<void> {
    const heard = () => published.get(eventKey(this.#eventId, 'feed')) ?? [];
    await until(() => heard().length >= this.#told, { what: `${this.#told} lines to be published` });
    assert.equal(heard().length, this.#told, 'FE1 what is appended is published, and nothing else');
    const epoch = heard().filter((line) => line.startsWith(`${this.#epoch}-`));
    published.clear();
    assert.deepEqual(
      epoch.map((line) => parseFeedPosition(line.split(' ')[0]!).offset),
      epoch.map((_, at) => at),
      'FE1 offsets of an epoch have no gap',
    );
  }

  async take(next: Step): Promise<void> {
    const { model } = this;
    const { redis } = server;
    switch (next.op) {
      case 'enter': {
        if (model.isSoldOut || model.settings.closed) return;
        await joinLine(redis, this.#eventId, next.visitor);
        const reply = await enterAdmission(redis, this.#eventId, next.visitor);
        const isNew = model.livingAdmission(next.visitor) === undefined;
        if (isNew) model.nextNumber += 1;
        const admissionId = isNew
          ? `${this.#eventId}-${this.#lineEpoch}-${model.nextNumber}`
          : model.admissionOf.get(next.visitor)!;
        assert.deepEqual(reply, { entered: true, admissionId, ...model.enter(next.visitor, admissionId) });
        return;
      }
      case 'hold':
        return this.#hold({ ...next, visitorId: next.visitor, add: false });
      case 'add': {
        const visitorId = this.#ownerOf(next);
        return this.#hold({ ...next, visitorId, add: true });
      }
      case 'best': {
        const { holdId, count, scatter } = next;
        const request = {
          holdId,
          visitorId: next.visitor,
          admissionId: this.#admissionOf(next.visitor, next),
          count,
          scatter,
        };
        const fence = this.#offset + 1;
        const reply = await holdBest(redis, this.#eventId, request);
        expectReply(reply, model.holdBest(request, fence, reply.granted ? reply.seats : undefined));
        return;
      }
      case 'release': {
        const request = { holdId: next.holdId, visitorId: this.#ownerOf(next) };
        const reply = await releaseHold(redis, this.#eventId, {
          ...request,
          seats: next.seats,
        });
        const expected = model.release(request.holdId, request.visitorId, next.seats);
        assert.deepEqual(
          reply,
          typeof expected === 'string'
            ? { released: false, code: expected }
            : { released: true, seats: expected },
        );
        return;
      }
      case 'extend': {
        const request = { holdId: next.holdId, visitorId: this.#ownerOf(next) };
        const reply = await extendHold(redis, this.#eventId, request);
        const expected = model.extend(request.holdId, request.visitorId);
        assert.deepEqual(
          reply,
          typeof expected === 'string'
            ? { extended: false, code: expected }
            : { extended: true, expiresAtMs: expected.deadline, seats: expected.seats },
          'HO7',
        );
        return;
      }
      case 'begin': {
        const { holdId, orderId } = next;
        const visitorId = this.#ownerOf(next);
        const admissionId = model.holds.get(holdId)?.admissionId ?? 'none';
        const reply = await beginCheckout(redis, this.#eventId, { holdId, visitorId, admissionId, orderId });
        const expected = model.beginCheckout(holdId, visitorId, admissionId, orderId);
        assert.deepEqual(
          reply,
          typeof expected === 'string'
            ? { begun: false, code: expected }
            : { begun: true, fence: expected.fence, payByMs: expected.deadline, seats: expected.seats },
          'CK1',
        );
        return;
      }
      case 'giveBack': {
        const { holdId, orderId } = next;
        const visitorId = model.holds.get(holdId)?.visitorId ?? 'ann';
        await giveBack(redis, this.#eventId, { holdId, visitorId, orderId, failure: 'card_declined' });
        model.giveBack(holdId, orderId);
        return;
      }
      case 'sell': {
        // The order of a hold that is being paid for; asked again it changes nothing.
        const hold = model.holds.get(next.holdId);
        if (hold?.state !== 'paying') return;
        const sale = { ...hold, holdId: next.holdId, seats: [...hold.seats] };
        const fresh = model.markSold(next.holdId, sale.visitorId, sale.admissionId, sale.seats);
        assert.equal(await markSold(redis, this.#eventId, sale), fresh, 'CK7');
        await this.compare();
        assert.equal(await markSold(redis, this.#eventId, sale), 0, 'CK7 once');
        return;
      }
      case 'judgeSold': {
        // PostgreSQL sold what Redis knows nothing of, or gave to somebody else since.
        const seats = next.seats.filter((each) => (model.soldTo.get(each) ?? next.visitor) === next.visitor);
        // Told again, an order names the admission that it had then; that is what `sell` does.
        if (seats.every((each) => model.soldTo.has(each))) return;
        const admissionId = model.admissionOf.get(next.visitor) ?? 'none';
        const sale = { orderId: 'lost', holdId: 'lost', visitorId: next.visitor, admissionId, seats };
        const fresh = model.markSold(sale.holdId, sale.visitorId, admissionId, seats);
        assert.equal(await markSold(redis, this.#eventId, sale), fresh, 'CK7');
        return;
      }
      case 'unsell': {
        const visitorId = model.soldTo.get(next.seat);
        if (visitorId === undefined) return;
        const ofBuyer = next.seats.filter((each) => (model.soldTo.get(each) ?? visitorId) === visitorId);
        const refund = { orderId: 'o0', visitorId, seats: [...new Set([next.seat, ...ofBuyer])] };
        assert.equal(await unsell(redis, this.#eventId, refund), model.unsell(refund.seats), 'CK8');
        return;
      }
      case 'leave': {
        const living = model.livingAdmission(next.visitor);
        if (next.revoked) {
          const admissionId = model.admissionOf.get(next.visitor) ?? 'none';
          assert.equal(
            await endAdmission(redis, this.#eventId, admissionId, 'revoked'),
            model.endAdmission(admissionId),
          );
          return;
        }
        await leaveLine(redis, this.#eventId, next.visitor);
        if (living !== undefined) model.endAdmission(living);
        return;
      }
      case 'tick':
        assert.equal((await tickLine(redis, this.#eventId)).timedOut, model.tick(), 'AD8');
        return;
      case 'advance':
        model.now += next.byMs;
        return setVirtualTime(redis, model.now);
      case 'advanceTo':
        // To the next deadline, or to the last millisecond before it.
        model.now = Math.max(model.now, (model.nextDeadline ?? model.now) - next.early);
        return setVirtualTime(redis, model.now);
      case 'releaseDue': {
        const reply = await releaseDue(redis, this.#eventId);
        const { latenessMs, nextDeadlineMs } = model.releaseDue();
        assert.deepEqual(reply, { ended: latenessMs.length, nextDeadlineMs, latenessMs }, 'HO8');
        return;
      }
      case 'block':
        assert.deepEqual(await blockSeats(redis, this.#eventId, next.seats), model.block(next.seats), 'OP3');
        return;
      case 'unblock':
        assert.deepEqual(
          await unblockSeats(redis, this.#eventId, next.seats),
          model.unblock(next.seats),
          'OP3',
        );
        return;
      case 'releaseSeats':
        assert.deepEqual(
          await releaseSeats(redis, this.#eventId, next.seats),
          model.releaseSeats(next.seats),
          'OP3',
        );
        return;
      case 'lever':
        Object.assign(model.settings, { seatsPerVisitorMax: next.seatsPerVisitorMax, closed: next.closed });
        return setOnSale(redis, this.#eventId, { ...ON_SALE_DEFAULTS, ...this.#onSale });
      case 'reload':
        return this.#reload(next);
    }
  }

  /** Redis was restarted, with its data or without; PostgreSQL knows of some payments, or of all. */
  async #reload({ wiped, claims, soldElsewhere }: Extract<Step, { op: 'reload' }>): Promise<void> {
    const { model } = this;
    const facts = model.facts((id) => wiped || (claims >> Number(id[1])) % 2 === 1);
    const isClaimed = facts.paying.some(({ seats }) => seats.includes(soldElsewhere));
    if (soldElsewhere >= 0 && !isClaimed && !model.soldTo.has(soldElsewhere)) {
      model.seats[soldElsewhere] = SEAT_SOLD;
      model.soldTo.set(soldElsewhere, 'eve');
    }
    const { claimed, ...known } = model.facts((id) => facts.claimed.includes(id));
    if (wiped) {
      await server.redis.flushall();
      await setVirtualTime(server.redis, model.now);
      this.#epoch = 0;
    }
    this.#runId += 1;
    // The clock has moved on by then, so that a wiped Redis too begins a later epoch.
    model.now += 5;
    await setVirtualTime(server.redis, model.now);
    await this.load(known);
    if (wiped) this.#lineEpoch = this.#epoch;
    model.reload(claimed, wiped);
  }

  async #hold(request: {
    holdId: string;
    visitorId: string;
    isRight: boolean;
    seats: readonly number[];
    add: boolean;
  }) {
    const admissionId = this.#admissionOf(request.visitorId, request);
    const fence = this.#offset + 1;
    const reply = await holdSeats(server.redis, this.#eventId, { ...request, admissionId });
    expectReply(reply, this.model.hold({ ...request, admissionId }, fence));
  }

  #ownerOf({ holdId, isRight }: { holdId: string; isRight: boolean }): string {
    const owner = this.model.holds.get(holdId)?.visitorId ?? 'ann';
    return isRight ? owner : owner === 'bob' ? 'cat' : 'bob';
  }

  #admissionOf(visitorId: string, { isRight }: { isRight: boolean }): string {
    const own = this.model.admissionOf.get(visitorId);
    if (isRight) return own ?? (this.model.settings.roomOff ? '' : 'none');
    return [...this.model.admissions.keys()].find((id) => id !== own) ?? 'none';
  }

  /** Reads all that Redis keeps of holds and seats, and holds it against the model and the feed. */
  async compare(): Promise<void> {
    const { model } = this;
    const key = (name: Parameters<typeof eventKey>[1]) => eventKey(this.#eventId, name);
    const [map, bits, holds, deadlines, paying, visitors, admitted, admissions, feed] = (await server.redis
      .pipeline()
      .getBuffer(key('map'))
      .getBuffer(key('seats'))
      .hgetall(key('holds'))
      .zrange(key('deadlines'), '0', '-1', 'WITHSCORES')
      .zrange(key('paying'), '0', '-1', 'WITHSCORES')
      .hgetall(key('visitors'))
      .zrange(key('admitted'), '0', '-1', 'WITHSCORES')
      .hgetall(key('admissions'))
      .xrange(key('feed'), `${this.#epoch}-${this.#offset + 1}`, '+')
      .exec())!.map(([error, reply]) => {
      if (error) throw error;
      return reply;
    }) as [
      Buffer,
      Buffer,
      Record<string, string>,
      string[],
      string[],
      Record<string, string>,
      string[],
      Record<string, string>,
      [string, string[]][],
    ];

    const states = [...unpackSeats(bits, SEATS)] as SeatState[];
    assert.deepEqual(states, model.seats, 'the bits are the seats of the model');
    const record = parseMapRecord(map);
    const { epoch, offset, available, locked, sold, blocked } = record;
    assert.deepEqual(
      [available, locked, sold, blocked],
      ([SEAT_AVAILABLE, SEAT_LOCKED, SEAT_SOLD, SEAT_BLOCKED] as const).map(model.count),
      'SE1 the four counts are those of the bits',
    );
    assert.deepEqual(holds, Object.fromEntries([...model.holds].map(([id, hold]) => [id, holdRecord(hold)])));
    const scores = (state: string) =>
      Object.fromEntries(
        [...model.holds].filter(([, hold]) => hold.state === state).map(([id, h]) => [id, h.deadline]),
      );
    assert.deepEqual(scored(deadlines), scores('held'), 'HO8 each hold stands among the deadlines');
    assert.deepEqual(scored(paying), scores('paying'), 'CK1 and what is being paid for does not');
    assert.deepEqual(parseVisitors(visitors), this.#visitors(), 'HO10 what each visitor has adds up');
    const inside = [...model.admissions];
    assert.deepEqual(scored(admitted), Object.fromEntries(inside.map(([id, { ends }]) => [id, ends])));
    assert.deepEqual(admissions, Object.fromEntries(inside.map(([id, { visitorId }]) => [id, visitorId])));

    this.#checkHolds();
    assert.equal(epoch, this.#epoch);
    this.#replay(offset, feed, states);
  }

  #visitors() {
    const { model } = this;
    const ids = new Set([
      ...[...model.holds.values()].map((hold) => hold.visitorId),
      ...model.soldTo.values(),
      ...model.admissionOf.keys(),
    ]);
    return Object.fromEntries(
      [...ids].map((id) => {
        const admission = model.admissionOf.get(id) ?? '';
        return [
          id,
          {
            held: model.heldBy(id),
            bought: model.boughtBy(id),
            admission,
            ends: model.admissions.get(admission)?.ends ?? 0,
            holds: [...model.holds]
              .flatMap(([holdId, hold]) => (hold.visitorId === id ? [holdId] : []))
              .sort(),
          },
        ];
      }),
    );
  }

  /** HO2: each locked seat is in exactly one hold, each seat of a hold is locked. */
  #checkHolds(): void {
    const held = [...this.model.holds.values()].flatMap((hold) => hold.seats).sort((a, b) => a - b);
    const locked = this.model.seats.flatMap((state, at) => (state === SEAT_LOCKED ? [at] : []));
    assert.deepEqual(held, locked, 'HO2 a locked seat is in one hold');
  }

  #replay(offset: number, feed: [string, string[]][], states: SeatState[]): void {
    if (feed.length === 0 && offset === 0) {
      // Just loaded: a client begins with this snapshot, and with the holds of its welcome.
      this.#replayed = states;
      this.#replayedHolds = new Map([...this.model.holds].map(([id, hold]) => [id, new Set(hold.seats)]));
      this.#offset = 0;
      return;
    }
    for (const [id, fields] of feed) {
      this.#offset += 1;
      this.#told += 1;
      assert.deepEqual(parseFeedPosition(id), { epoch: this.#epoch, offset: this.#offset }, 'FE1 no gap');
      this.#follow(parseFeedEntry(fields[1]!));
    }
    assert.equal(this.#offset, offset, 'FE1 the feed ends where the record says');
    assert.deepEqual(this.#replayed, states, 'FE2 the feed replayed gives the bits');
    const told = [...this.#replayedHolds].map(([id, seats]) => [id, [...seats].sort((a, b) => a - b)]);
    const kept = [...this.model.holds].map(([id, { seats }]) => [id, seats.toSorted((a, b) => a - b)]);
    assert.deepEqual(
      Object.fromEntries(told),
      Object.fromEntries(kept),
      'PR9 a visitor knows its holds from the feed',
    );
  }

  #follow(entry: FeedEntry): void {
    const set = (seats: readonly number[], state: SeatState, from: readonly SeatState[]) => {
      for (const each of seats) {
        const before = this.#replayed[each]!;
        assert.ok(from.includes(before), `SE1 ${entry.kind} from state ${before}: seat ${each}`);
        this.#replayed[each] = state;
      }
    };
    const take = (id: string, seats: readonly number[]) => {
      const own = this.#replayedHolds.get(id);
      for (const each of seats) own?.delete(each);
      if (own?.size === 0) this.#replayedHolds.delete(id);
    };
    switch (entry.kind) {
      case 'locked':
        set(entry.seats, SEAT_LOCKED, [SEAT_AVAILABLE]);
        this.#replayedHolds.set(entry.holdId, new Set(entry.holdSeats));
        return;
      case 'extended':
        assert.deepEqual([...(this.#replayedHolds.get(entry.holdId) ?? [])], entry.holdSeats);
        return;
      case 'released':
        set(entry.seats, SEAT_AVAILABLE, [entry.reason === 'refunded' ? SEAT_SOLD : SEAT_LOCKED]);
        take(entry.holdId, entry.seats);
        return;
      case 'sold':
        set(entry.seats, SEAT_SOLD, [SEAT_LOCKED, SEAT_AVAILABLE, SEAT_BLOCKED]);
        take(entry.holdId, entry.seats);
        return;
      case 'blocked':
        set(entry.seats, SEAT_BLOCKED, [SEAT_AVAILABLE]);
        return;
      case 'unblocked':
        set(entry.seats, SEAT_AVAILABLE, [SEAT_BLOCKED]);
        return;
      case 'order':
      case 'ended':
      case 'notice':
      case 'epoch':
    }
  }
}

function expectReply(
  reply: HoldReply,
  expected: { denied: string; taken?: number[] } | { granted: ModelHold; again: boolean },
): void {
  if ('denied' in expected) {
    const { denied, taken } = expected;
    assert.deepEqual(reply, { granted: false, code: denied, ...(taken ? { taken } : {}) });
    return;
  }
  const { seats, deadline, fence } = expected.granted;
  assert.deepEqual(reply, { granted: true, seats, expiresAtMs: deadline, fence, again: expected.again });
}

const holdRecord = (hold: ModelHold) =>
  [
    ...[hold.visitorId, hold.admissionId, hold.fence, hold.deadline, hold.state, Number(hold.extended)],
    ...[hold.orderId, hold.left, hold.seats.join(',')],
  ].join('|');

function scored(flat: readonly string[]): Record<string, number> {
  const entries: [string, number][] = [];
  for (let at = 0; at < flat.length; at += 2) entries.push([flat[at]!, Number(flat[at + 1])]);
  return Object.fromEntries(entries);
}

const parseVisitors = (records: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(records).map(([id, text]) => {
      const [held, bought, admission, ends, holds] = text.split('|') as [
        string,
        string,
        string,
        string,
        string,
      ];
      const own = holds === '' ? [] : holds.split(',').sort();
      return [id, { held: Number(held), bought: Number(bought), admission, ends: Number(ends), holds: own }];
    }),
  );

it('SE1 SE2 HO1-HO10 FE1 FE2 FE6 CK1 CK5 CK7 CK8 OP3 whatever happens in whatever order, Redis is what the rules say', async () => {
  const seed = fuzzSeed('holds fuzz');
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(run, async (wish) => {
      const trial = new Trial({
        ...{ roomOff: wish.roomOff, holdMs: wish.holdMs, paymentMs: 8_000, admissionMs: 40_000 },
        ...{ seatsPerVisitorMax: 6, closed: false },
      });
      await trial.start();
      const entering = (['ann', 'bob', 'cat'] as const).map((each) => ({
        op: 'enter' as const,
        visitor: each,
      }));
      for (const next of [...entering, ...wish.steps]) {
        await trial.take(next);
        await trial.compare();
        steps += 1;
      }
      await trial.end();
    }),
    { seed, numRuns: RUNS },
  );
  expect(steps).toBeGreaterThan(RUNS * 5);
  console.log(`holds fuzz: ${RUNS} runs, ${steps} steps`);
}, 60_000);

// What the fuzz found, by name.

/** An event under the test's clock, and whoever is inside. */
async function openEvent(settings: Parameters<typeof loadTestEvent>[2] = {}) {
  await server.redis.flushall();
  await setVirtualTime(server.redis, START_MS);
  const eventId = ++trials;
  await loadTestEvent(server.redis, eventId, settings);
  return { eventId, key: (name: Parameters<typeof eventKey>[1]) => eventKey(eventId, name) };
}

it('PR9 CK7 who holds a seat that PostgreSQL sold to somebody else is told that the whole hold is over', async () => {
  const { eventId, key } = await openEvent();
  const [ann, bob] = [await admit(server.redis, eventId), await admit(server.redis, eventId)];
  await holdSeats(server.redis, eventId, { ...bob, holdId: 'h1', seats: [0, 1], add: false });
  await markSold(server.redis, eventId, { ...ann, orderId: 'o1', holdId: 'lost', seats: [0] });
  const entries = (await server.redis.xrange(key('feed'), '-', '+')).map(([, fields]) =>
    parseFeedEntry(fields[1]!),
  );
  const released = entries.find((entry) => entry.kind === 'released' && entry.holdId === 'h1');
  expect(released).toMatchObject({ visitorId: bob.visitorId, reason: 'revoked', seats: [0, 1] });
});

it('HO7 without a waiting room a hold is extended by its full time too', async () => {
  const { eventId } = await openEvent({ waitingRoom: 'off', holdMs: 5_000 });
  const who = { visitorId: 'ann', admissionId: '' };
  await holdSeats(server.redis, eventId, { ...who, holdId: 'h1', seats: [0], add: false });
  await setVirtualTime(server.redis, START_MS + 2_000);
  expect(await extendHold(server.redis, eventId, { ...who, holdId: 'h1' })).toEqual({
    extended: true,
    expiresAtMs: START_MS + 7_000,
    seats: [0],
  });
});

it('HO5 after a refund the best seats are looked for from the front again', async () => {
  const { eventId } = await openEvent({ seatsPerVisitorMax: 100 });
  const [ann, bob] = [await admit(server.redis, eventId), await admit(server.redis, eventId)];
  const front = { ...ann, orderId: 'o1', holdId: 'h1', seats: Array.from({ length: 10 }, (_, seat) => seat) };
  await holdSeats(server.redis, eventId, { ...front, add: false });
  await markSold(server.redis, eventId, front);
  expect(await holdBest(server.redis, eventId, { ...bob, holdId: 'h2', count: 2 })).toMatchObject({
    seats: [14, 15],
  });
  await unsell(server.redis, eventId, front);
  expect(await holdBest(server.redis, eventId, { ...bob, holdId: 'h3', count: 2 })).toMatchObject({
    seats: [4, 5],
  });
});

it('CK7 FE6 a sale that a restarted Redis learned from PostgreSQL first frees the slot of its buyer all the same', async () => {
  const { eventId, key } = await openEvent();
  const ann = await admit(server.redis, eventId);
  const sale = { ...ann, orderId: 'o1', holdId: 'h1', seats: [0] };
  await holdSeats(server.redis, eventId, { ...sale, add: false });
  await beginCheckout(server.redis, eventId, sale);
  // Paid; Redis restarts before it is told, and is loaded with the seat as sold.
  const bits = new Uint8Array(25);
  bits[0] = SEAT_SOLD;
  await loadTestEvent(server.redis, eventId, {
    runId: 'run-2',
    facts: { bits, bought: { [ann.visitorId]: 1 } },
  });
  await markSold(server.redis, eventId, sale);
  expect(await server.redis.zcard(key('admitted'))).toBe(0);
  const feed = (await server.redis.xrange(key('feed'), '-', '+')).map(([, fields]) => fields[1]);
  expect(feed).toContain(`order|${ann.visitorId}|o1|paid|`);
});
