import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SEAT_AVAILABLE, SEAT_LOCKED, SEAT_SOLD } from '../shared/domain/seat.ts';
import { countSeats, readSeat } from '../shared/protocol/seat-bits.ts';
import { type TestRedis, testRedis } from '../shared/testing/redis.ts';
import { until } from '../shared/testing/wait.ts';
import { beginCheckout } from './begin-checkout.ts';
import { endAdmission } from './end-admission.ts';
import { extendHold } from './extend-hold.ts';
import { giveBack } from './give-back.ts';
import { holdBest } from './hold-best.ts';
import { holdSeats } from './hold-seats.ts';
import { markSold } from './mark-sold.ts';
import { readCounts } from './read-counts.ts';
import { listHolds, listHoldsOf } from './read-holds.ts';
import { readSnapshot } from './read-snapshot.ts';
import { releaseDue } from './release-due.ts';
import { releaseHold } from './release-hold.ts';
import { EventNotLoaded } from './run-script.ts';
import { blockSeats, releaseSeats, unblockSeats } from './set-seats.ts';
import { admit, type Insider, loadTestEvent } from './testing.ts';
import { unsell } from './unsell.ts';

let server: TestRedis;
const EVENT = 7;
const ORDER = '00000000-0000-4000-8000-000000000001';

beforeAll(async () => {
  server = await testRedis();
});
afterAll(() => server.close());
beforeEach(() => server.flush());

const hold = (who: Insider, holdId: string, seats: number[], add = false) =>
  holdSeats(server.redis, EVENT, { ...who, holdId, seats, add });

async function expectCountsTrue(): Promise<void> {
  const { bits, seatCount } = await readSnapshot(server.redis, EVENT);
  const counts = (await readCounts(server.redis, [EVENT])).get(EVENT);
  expect(counts?.seats, 'SE1 the counts add up and agree with the bits').toEqual(countSeats(bits, seatCount));
}

/** Visitors of whom Redis says that they have seats, held or bought. */
const holders = async () =>
  Object.values(await server.redis.hgetall('usher:{7}:visitors')).filter(
    (record) => !record.startsWith('0|0|'),
  );

const stateOf = async (seat: number) => readSeat((await readSnapshot(server.redis, EVENT)).bits, seat);

describe('holds', () => {
  it('HO1 takes every seat asked for, or none, and says which were taken', async () => {
    await loadTestEvent(server.redis, EVENT);
    const [a, b] = [await admit(server.redis, EVENT), await admit(server.redis, EVENT)];
    expect(await hold(a, 'h1', [3, 4, 5])).toMatchObject({ granted: true, seats: [3, 4, 5], again: false });
    expect(await hold(b, 'h2', [5, 6, 4])).toEqual({ granted: false, code: 'seats_taken', taken: [5, 4] });
    expect(await stateOf(6)).toBe(SEAT_AVAILABLE);
    expect(await stateOf(4)).toBe(SEAT_LOCKED);
    expect(await listHolds(server.redis, EVENT)).toHaveLength(1);
    await expectCountsTrue();
  });

  it('HO2 sixty race for one seat: one gets it, and the losers leave no trace', async () => {
    await loadTestEvent(server.redis, EVENT);
    const racers = await Promise.all(Array.from({ length: 60 }, () => admit(server.redis, EVENT)));
    const replies = await Promise.all(racers.map((who, at) => hold(who, `h${at}`, [42])));
    expect(replies.filter((reply) => reply.granted)).toHaveLength(1);
    expect(replies.filter((reply) => !reply.granted && reply.code === 'seats_taken')).toHaveLength(59);
    expect(await listHolds(server.redis, EVENT)).toHaveLength(1);
    expect(await server.redis.zcard('usher:{7}:deadlines')).toBe(1);
    expect(await holders()).toHaveLength(1);
    await expectCountsTrue();
  });

  it('HO3 wants a living admission of the same event', async () => {
    await loadTestEvent(server.redis, EVENT, { admissionMs: 1_000 });
    await loadTestEvent(server.redis, 8);
    const [here, there] = [await admit(server.redis, EVENT), await admit(server.redis, 8)];
    expect(await hold(there, 'h1', [1])).toMatchObject({ granted: false, code: 'admission_ended' });
    await endAdmission(server.redis, EVENT, here.admissionId, 'left');
    expect(await hold(here, 'h1', [1])).toMatchObject({ granted: false, code: 'admission_ended' });
    await expectCountsTrue();
  });

  it('HO4 the same hold id gives the same answer and takes nothing more', async () => {
    await loadTestEvent(server.redis, EVENT);
    const who = await admit(server.redis, EVENT);
    const first = await hold(who, 'h1', [1, 2]);
    expect(await hold(who, 'h1', [1, 2])).toEqual({ ...first, again: true });
    expect(await hold(who, 'h1', [2], true)).toEqual({ ...first, again: true });
    const stranger = await admit(server.redis, EVENT);
    expect(await hold(stranger, 'h1', [1, 2])).toMatchObject({ granted: false, code: 'unknown_hold' });
    await expectCountsTrue();
  });

  it('HO1 refuses seats that the event does not have', async () => {
    await loadTestEvent(server.redis, EVENT);
    const who = await admit(server.redis, EVENT);
    for (const seat of [100, -1, 99_999_999]) {
      expect(await hold(who, 'h1', [1, seat])).toMatchObject({ granted: false, code: 'unknown_seat' });
    }
    expect(await stateOf(1)).toBe(SEAT_AVAILABLE);
  });

  it('HO7 seats added to a hold do not move its deadline; an extension does, once', async () => {
    await loadTestEvent(server.redis, EVENT, { holdMs: 5_000, admissionMs: 8_000 });
    const who = await admit(server.redis, EVENT);
    const first = await hold(who, 'h1', [1]);
    if (!first.granted) throw new Error(first.code);
    const more = await hold(who, 'h1', [2, 3], true);
    expect(more).toMatchObject({ granted: true, seats: [1, 2, 3], expiresAtMs: first.expiresAtMs });
    await until(async () => (await server.redis.time()).map(Number)[0]! * 1000 > first.expiresAtMs - 5_000);
    const extended = await extendHold(server.redis, EVENT, { ...who, holdId: 'h1' });
    if (!extended.extended) throw new Error(extended.code);
    expect(extended.expiresAtMs).toBeGreaterThanOrEqual(first.expiresAtMs);
    expect(extended.expiresAtMs).toBeLessThanOrEqual(who.expiresAtMs);
    expect(await extendHold(server.redis, EVENT, { ...who, holdId: 'h1' })).toEqual({
      extended: false,
      code: 'already_extended',
    });
  });

  it('HO7 a hold ends no later than its admission', async () => {
    await loadTestEvent(server.redis, EVENT, { holdMs: 60_000, admissionMs: 2_000 });
    const who = await admit(server.redis, EVENT);
    expect(await hold(who, 'h1', [1])).toMatchObject({ granted: true, expiresAtMs: who.expiresAtMs });
  });

  it('HO10 a visitor has no more seats than the limit, held and bought together', async () => {
    await loadTestEvent(server.redis, EVENT, { seatsPerVisitorMax: 3 });
    const who = await admit(server.redis, EVENT);
    expect(await hold(who, 'h1', [1, 2, 3, 4])).toMatchObject({ granted: false, code: 'over_limit' });
    const replies = await Promise.all([1, 2, 3, 4, 5].map((seat) => hold(who, `h${seat}`, [seat])));
    expect(replies.filter((reply) => reply.granted)).toHaveLength(3);
    await releaseHold(server.redis, EVENT, { ...who, holdId: 'h1' });
    expect(await hold(who, 'h9', [9])).toMatchObject({ granted: true });
    await markSold(server.redis, EVENT, { ...who, orderId: ORDER, holdId: 'h9', seats: [9] });
    expect(await server.redis.hget('usher:{7}:visitors', who.visitorId)).toBe('0|1||0|');
  });

  it('HO6 only its visitor releases it, whole or in part', async () => {
    await loadTestEvent(server.redis, EVENT);
    const [who, stranger] = [await admit(server.redis, EVENT), await admit(server.redis, EVENT)];
    await hold(who, 'h1', [1, 2, 3]);
    expect(await releaseHold(server.redis, EVENT, { ...stranger, holdId: 'h1' })).toEqual({
      released: false,
      code: 'unknown_hold',
    });
    expect(await releaseHold(server.redis, EVENT, { ...who, holdId: 'h1', seats: [2, 50] })).toEqual({
      released: true,
      seats: [2],
    });
    expect((await listHoldsOf(server.redis, EVENT, who.visitorId))[0]?.seats).toEqual([1, 3]);
    await releaseHold(server.redis, EVENT, { ...who, holdId: 'h1' });
    expect(await listHolds(server.redis, EVENT)).toEqual([]);
    expect(await holders()).toEqual([]);
    await expectCountsTrue();
  });
});

describe('expiry', () => {
  it('HO8 HO9 frees a hold at its deadline, not before, once, and tells the feed once', async () => {
    await loadTestEvent(server.redis, EVENT, { holdMs: 1_000 });
    const who = await admit(server.redis, EVENT);
    const held = await hold(who, 'h1', [1, 2]);
    if (!held.granted) throw new Error(held.code);
    expect(await releaseDue(server.redis, EVENT)).toEqual({
      ended: 0,
      nextDeadlineMs: held.expiresAtMs,
      latenessMs: [],
    });
    const ended = await until(async () => {
      const replies = await Promise.all([1, 2, 3].map(() => releaseDue(server.redis, EVENT)));
      const total = replies.reduce((sum, reply) => sum + reply.ended, 0);
      return total > 0 ? { total, latenessMs: replies.flatMap((reply) => reply.latenessMs) } : undefined;
    });
    expect(ended.total).toBe(1);
    expect(ended.latenessMs[0]).toBeGreaterThanOrEqual(0);
    expect(await stateOf(1)).toBe(SEAT_AVAILABLE);
    const feed = await server.redis.xrange('usher:{7}:feed', '-', '+');
    expect(feed.filter(([, fields]) => fields[1]?.startsWith('released|h1|'))).toHaveLength(1);
    await expectCountsTrue();
  });

  it('HO9 a late notice about an old hold leaves the seat to whoever has it now', async () => {
    await loadTestEvent(server.redis, EVENT, { holdMs: 1_000 });
    const [a, b] = [await admit(server.redis, EVENT), await admit(server.redis, EVENT)];
    await hold(a, 'h1', [1]);
    await until(async () => (await releaseDue(server.redis, EVENT)).ended === 1);
    await hold(b, 'h2', [1]);
    expect((await releaseDue(server.redis, EVENT)).ended).toBe(0);
    expect(await releaseHold(server.redis, EVENT, { ...a, holdId: 'h1' })).toMatchObject({ released: false });
    expect(await beginCheckout(server.redis, EVENT, { ...a, holdId: 'h1', orderId: ORDER })).toEqual({
      begun: false,
      code: 'unknown_hold',
    });
    expect(await stateOf(1)).toBe(SEAT_LOCKED);
  });
});

describe('paying', () => {
  it('CK1 a hold that is paying outlives its deadline and begins once for one order', async () => {
    await loadTestEvent(server.redis, EVENT, { holdMs: 1_000 });
    const who = await admit(server.redis, EVENT);
    const held = await hold(who, 'h1', [1]);
    if (!held.granted) throw new Error(held.code);
    const begun = await beginCheckout(server.redis, EVENT, { ...who, holdId: 'h1', orderId: ORDER });
    expect(begun).toMatchObject({ begun: true, fence: held.fence, seats: [1] });
    expect(await beginCheckout(server.redis, EVENT, { ...who, holdId: 'h1', orderId: ORDER })).toEqual(begun);
    expect(await beginCheckout(server.redis, EVENT, { ...who, holdId: 'h1', orderId: 'another' })).toEqual({
      begun: false,
      code: 'hold_paying',
    });
    await until(async () => Date.now() > held.expiresAtMs + 50, { timeoutMs: 3_000 });
    expect((await releaseDue(server.redis, EVENT)).ended).toBe(0);
    expect(await releaseHold(server.redis, EVENT, { ...who, holdId: 'h1' })).toMatchObject({
      code: 'hold_paying',
    });
    expect(await stateOf(1)).toBe(SEAT_LOCKED);
  });

  it('CK5 a decline gives the hold back with 30 s at least', async () => {
    await loadTestEvent(server.redis, EVENT, { holdMs: 2_000 });
    const who = await admit(server.redis, EVENT);
    await hold(who, 'h1', [1]);
    await beginCheckout(server.redis, EVENT, { ...who, holdId: 'h1', orderId: ORDER });
    await giveBack(server.redis, EVENT, { ...who, holdId: 'h1', orderId: ORDER, failure: 'card_declined' });
    const [back] = await listHolds(server.redis, EVENT);
    expect(back?.state).toBe('held');
    expect(back!.expiresAtMs - Date.now()).toBeGreaterThan(29_000);
    // A stale second call changes nothing.
    await giveBack(server.redis, EVENT, { ...who, holdId: 'h1', orderId: ORDER, failure: 'card_declined' });
    expect((await listHolds(server.redis, EVENT))[0]).toEqual(back);
  });

  it('CK7 SE2 sold ends the hold and the admission, and nothing reopens the seat', async () => {
    await loadTestEvent(server.redis, EVENT);
    const who = await admit(server.redis, EVENT);
    await hold(who, 'h1', [1, 2]);
    await beginCheckout(server.redis, EVENT, { ...who, holdId: 'h1', orderId: ORDER });
    const sale = { ...who, holdId: 'h1', orderId: ORDER, seats: [1, 2] };
    expect(await markSold(server.redis, EVENT, sale)).toBe(2);
    expect(await markSold(server.redis, EVENT, sale)).toBe(0);
    expect(await stateOf(1)).toBe(SEAT_SOLD);
    expect(await listHolds(server.redis, EVENT)).toEqual([]);
    expect(await server.redis.zcard('usher:{7}:admitted')).toBe(0);
    await giveBack(server.redis, EVENT, { ...who, holdId: 'h1', orderId: ORDER, failure: 'card_declined' });
    await releaseSeats(server.redis, EVENT, [1]);
    expect(await stateOf(1)).toBe(SEAT_SOLD);
    await expectCountsTrue();
  });

  it('CK7 a seat that PostgreSQL sold is taken from a hold that Redis gave to somebody else', async () => {
    await loadTestEvent(server.redis, EVENT);
    const [a, b] = [await admit(server.redis, EVENT), await admit(server.redis, EVENT)];
    await hold(b, 'h2', [1, 5]);
    await markSold(server.redis, EVENT, { ...a, holdId: 'gone', orderId: ORDER, seats: [1] });
    expect(await stateOf(1)).toBe(SEAT_SOLD);
    expect(await stateOf(5)).toBe(SEAT_AVAILABLE);
    expect(await listHolds(server.redis, EVENT)).toEqual([]);
    await expectCountsTrue();
  });

  it('CK8 a refund frees the seats and the buyer may buy again', async () => {
    await loadTestEvent(server.redis, EVENT, { seatsPerVisitorMax: 1 });
    const who = await admit(server.redis, EVENT);
    await hold(who, 'h1', [1]);
    await markSold(server.redis, EVENT, { ...who, holdId: 'h1', orderId: ORDER, seats: [1] });
    expect(await unsell(server.redis, EVENT, { ...who, orderId: ORDER, seats: [1] })).toBe(1);
    expect(await unsell(server.redis, EVENT, { ...who, orderId: ORDER, seats: [1] })).toBe(0);
    expect(await stateOf(1)).toBe(SEAT_AVAILABLE);
    expect(await server.redis.hlen('usher:{7}:visitors')).toBe(0);
    await expectCountsTrue();
  });
});

describe('best available', () => {
  const best = (who: Insider, holdId: string, count: number, scatter = false) =>
    holdBest(server.redis, EVENT, { ...who, holdId, count, scatter });

  it('HO5 takes neighbours near the middle of the best row and leaves no single seat', async () => {
    await loadTestEvent(server.redis, EVENT, { seatsPerVisitorMax: 100 });
    const who = await admit(server.redis, EVENT);
    expect(await best(who, 'h1', 2)).toMatchObject({ granted: true, seats: [4, 5] });
    // 3 seats of the 4 on either side would leave one alone; the choice that leaves none is at the next row.
    expect(await best(who, 'h2', 4)).toMatchObject({ granted: true, seats: [0, 1, 2, 3] });
    const third = await best(who, 'h3', 3);
    expect(third).toMatchObject({ granted: true });
    await expectCountsTrue();
  });

  it('HO5 a rush of 50 pairs for 50 pairs is not refused', async () => {
    await loadTestEvent(server.redis, EVENT);
    const rush = await Promise.all(Array.from({ length: 50 }, () => admit(server.redis, EVENT)));
    const replies = await Promise.all(rush.map((who, at) => best(who, `h${at}`, 2)));
    expect(replies.filter((reply) => !reply.granted)).toEqual([]);
    expect(new Set(replies.flatMap((reply) => (reply.granted ? reply.seats : []))).size).toBe(100);
    const late = await admit(server.redis, EVENT);
    expect(await best(late, 'late', 1)).toMatchObject({ granted: false, code: 'no_adjacent_seats' });
    await releaseHold(server.redis, EVENT, { ...rush[7]!, holdId: 'h7' });
    expect(await best(late, 'late', 2)).toMatchObject({ granted: true });
    await expectCountsTrue();
  });

  it('HO5 wheelchair places go in pairs to those who ask, and last to others', async () => {
    const run = (first: number, accessible: boolean) => ({
      ...{ first, count: 4, sectionIndex: 0, categoryIndex: 0 },
      accessible,
      general: false,
    });
    await loadTestEvent(server.redis, EVENT, {
      seatCount: 8,
      seatsPerVisitorMax: 100,
      facts: { runs: [run(0, false), run(4, true)] },
    });
    const who = await admit(server.redis, EVENT);
    const accessible = (holdId: string, count: number) =>
      holdBest(server.redis, EVENT, { ...who, holdId, count, accessible: true });
    expect(await accessible('w1', 1)).toMatchObject({ granted: true, seats: [4] });
    expect(await accessible('w2', 2)).toMatchObject({ granted: true, seats: [6, 7] });
    expect(await accessible('w3', 1), 'a companion alone is not a wheelchair place').toMatchObject({
      granted: false,
    });
    expect(await best(who, 'o1', 4)).toMatchObject({ granted: true, seats: [0, 1, 2, 3] });
    expect(await best(who, 'o2', 1)).toMatchObject({ granted: false });
    await releaseHold(server.redis, EVENT, { ...who, holdId: 'w2' });
    expect(await best(who, 'o3', 2), 'last, but not never').toMatchObject({ granted: true, seats: [6, 7] });
  });

  it('HO5 scattered seats are taken only where that was asked for', async () => {
    await loadTestEvent(server.redis, EVENT, { seatsPerVisitorMax: 100 });
    const who = await admit(server.redis, EVENT);
    await hold(
      who,
      'h1',
      Array.from({ length: 50 }, (_, at) => at * 2),
    );
    expect(await best(who, 'h2', 2)).toMatchObject({ granted: false, code: 'no_adjacent_seats' });
    expect(await best(who, 'h3', 2, true)).toMatchObject({ granted: true, seats: [1, 3] });
  });
});

describe('operator', () => {
  it('OP3 blocks what is free, spares what is held or sold, and releases what is held', async () => {
    await loadTestEvent(server.redis, EVENT);
    const who = await admit(server.redis, EVENT);
    await hold(who, 'h1', [1, 2]);
    expect(await blockSeats(server.redis, EVENT, [1, 3, 4])).toEqual({ changed: [3, 4], refused: [1] });
    expect(await blockSeats(server.redis, EVENT, [3])).toEqual({ changed: [3], refused: [] });
    await expectCountsTrue();
    expect(await hold(who, 'h2', [3])).toMatchObject({ granted: false, code: 'seats_taken' });
    expect(await releaseSeats(server.redis, EVENT, [1])).toEqual({ changed: [1], refused: [] });
    expect(await stateOf(2)).toBe(SEAT_AVAILABLE);
    expect(await unblockSeats(server.redis, EVENT, [3, 4])).toEqual({ changed: [3, 4], refused: [] });
    await expectCountsTrue();
  });
});

describe('loading', () => {
  it('FE6 an event that Redis does not know is reported, not made up', async () => {
    await expect(readSnapshot(server.redis, EVENT)).rejects.toBeInstanceOf(EventNotLoaded);
    await expect(
      holdSeats(server.redis, EVENT, {
        holdId: 'h',
        visitorId: 'v',
        admissionId: 'a',
        seats: [1],
        add: false,
      }),
    ).rejects.toBeInstanceOf(EventNotLoaded);
  });

  it('FE6 loading twice is loading once; a restarted Redis gets a new epoch and keeps the holds it can', async () => {
    const { epoch } = await loadTestEvent(server.redis, EVENT);
    expect(await loadTestEvent(server.redis, EVENT)).toEqual({ outcome: 'already', epoch });
    const [a, b] = [await admit(server.redis, EVENT), await admit(server.redis, EVENT)];
    await hold(a, 'h1', [1]);
    await hold(b, 'h2', [2]);
    // After the restart PostgreSQL says that seat 2 is sold: bit pattern 10 for seat 2 is 0b00100000.
    const bits = new Uint8Array(25);
    bits[0] = 0b0010_0000;
    const again = await loadTestEvent(server.redis, EVENT, { runId: 'run-2', facts: { bits } });
    expect(again.outcome).toBe('loaded');
    expect(again.epoch).toBeGreaterThan(epoch);
    expect((await listHolds(server.redis, EVENT)).map((each) => each.holdId)).toEqual(['h1']);
    expect(await stateOf(2)).toBe(SEAT_SOLD);
    expect(await hold(a, 'h3', [3])).toMatchObject({ granted: true });
    await expectCountsTrue();
  });
});
