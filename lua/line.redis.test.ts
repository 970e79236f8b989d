import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ON_SALE_DEFAULTS } from '../shared/domain/on-sale.ts';
import { positionFromSegments } from '../shared/domain/place.ts';
import { type TestRedis, testRedis } from '../shared/testing/redis.ts';
import { until } from '../shared/testing/wait.ts';
import { endAdmission } from './end-admission.ts';
import { enterAdmission } from './enter-admission.ts';
import { holdSeats } from './hold-seats.ts';
import { joinLine } from './join-line.ts';
import { leaveLine } from './leave-line.ts';
import { readBoard } from './read-board.ts';
import { readCounts } from './read-counts.ts';
import { listHolds } from './read-holds.ts';
import { readPlace } from './read-place.ts';
import { setOnSale } from './set-on-sale.ts';
import { drawTestLobby, loadTestEvent } from './testing.ts';
import { tickLine } from './tick-line.ts';

let server: TestRedis;
const EVENT = 7;

beforeAll(async () => {
  server = await testRedis();
});
afterAll(() => server.close());
beforeEach(() => server.flush());

const join = async () => (await joinLine(server.redis, EVENT, null)).visitorId;
const place = async (visitorId: string) => (await readPlace(server.redis, EVENT, visitorId))!;
const enter = (visitorId: string) => enterAdmission(server.redis, EVENT, visitorId);
const leave = (visitorId: string) => leaveLine(server.redis, EVENT, visitorId);

/** Seven visitors, three slots: the first three go in. */
async function sevenForThree(): Promise<string[]> {
  await loadTestEvent(server.redis, EVENT, { capacity: 3, admissionMs: 600_000 });
  const visitors: string[] = [];
  for (let at = 0; at < 7; at++) {
    const visitor = await join();
    visitors.push(visitor);
    if (at < 3) expect(await enter(visitor)).toMatchObject({ entered: true });
  }
  return visitors;
}

describe('the line', () => {
  it('AD2 TC23 the first three enter, the next four get the positions 1 to 4', async () => {
    const visitors = await sevenForThree();
    const places = await Promise.all(visitors.map(place));
    expect(places.map(({ state, position }) => [state, position])).toEqual([
      ['admitted', null],
      ['admitted', null],
      ['admitted', null],
      ['waiting', 1],
      ['waiting', 2],
      ['waiting', 3],
      ['waiting', 4],
    ]);
    // TV-1, TV-2: the fourth waiter needs a second round.
    for (const { latestWaitMs } of places.slice(3, 6)) {
      expect(latestWaitMs).toBeGreaterThan(595_000);
      expect(latestWaitMs).toBeLessThanOrEqual(600_000);
    }
    expect(places[6]?.latestWaitMs).toBeGreaterThan(1_195_000);
  });

  it('AD1 TV-5 joining again, waiting or inside, changes nothing', async () => {
    const visitors = await sevenForThree();
    for (const visitor of [visitors[0]!, visitors[4]!]) {
      const before = await place(visitor);
      const again = await Promise.all([1, 2, 3].map(() => joinLine(server.redis, EVENT, visitor)));
      for (const { place: after } of again) {
        expect({ ...after, latestWaitMs: 0, estimatedWaitMs: 0 }).toEqual({
          ...before,
          latestWaitMs: 0,
          estimatedWaitMs: 0,
        });
      }
    }
    expect((await readBoard(server.redis, EVENT)).waiting).toBe(4);
  });

  it('AD6 S2 a waiter leaves: those behind move up, those before do not', async () => {
    const visitors = await sevenForThree();
    await leave(visitors[4]!);
    await leave(visitors[4]!);
    expect((await place(visitors[3]!)).position).toBe(1);
    expect((await place(visitors[4]!)).state).toBe('left');
    expect((await place(visitors[5]!)).position).toBe(2);
    expect((await place(visitors[6]!)).position).toBe(3);
    expect((await readBoard(server.redis, EVENT)).waiting).toBe(3);
  });

  it('AD7 S1 S3 whoever leaves the room makes room for the head of the line at once', async () => {
    const visitors = await sevenForThree();
    expect(await enter(visitors[3]!)).toEqual({ entered: false, code: 'not_called' });
    await leave(visitors[1]!);
    expect(await place(visitors[3]!)).toMatchObject({ state: 'called', position: null, latestWaitMs: 0 });
    expect(await enter(visitors[4]!)).toEqual({ entered: false, code: 'not_called' });
    expect(await enter(visitors[3]!)).toMatchObject({ entered: true, again: false });
    expect(await enter(visitors[3]!)).toMatchObject({ entered: true, again: true });
    expect((await place(visitors[4]!)).position).toBe(1);
  });

  it('AD10 after leaving, joining again is a new place at the end', async () => {
    const visitors = await sevenForThree();
    await leave(visitors[3]!);
    const { visitorId, place: again } = await joinLine(server.redis, EVENT, visitors[3]!);
    expect(visitorId).toBe(visitors[3]);
    expect(again).toMatchObject({ state: 'waiting', position: 4 });
    expect((await joinLine(server.redis, EVENT, visitors[3]!)).place.number).toBe(again.number);
  });

  it('AD1 a visitor of one event joins another with the same id, once', async () => {
    const [first] = await sevenForThree();
    await loadTestEvent(server.redis, 8, { capacity: 1 });
    const [a, b] = await Promise.all([1, 2].map(() => joinLine(server.redis, 8, first!)));
    expect(a?.place.number).toBe(b?.place.number);
    expect((await place(first!)).state).toBe('admitted');
  });
});

describe('admission', () => {
  it('AD3 of 3,000 who join at once, never more than the capacity is called or inside', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1_000 });
    const visitors = await Promise.all(Array.from({ length: 3_000 }, join));
    await Promise.all([1, 2, 3, 4].map(() => tickLine(server.redis, EVENT)));
    const entered = await Promise.all(visitors.map(enter));
    expect(entered.filter((reply) => reply.entered)).toHaveLength(1_000);
    const board = await readBoard(server.redis, EVENT);
    expect(board).toMatchObject({ inside: 1_000, waiting: 2_000, calledThrough: 1_000 });
    // AD2: exactly the first thousand numbers.
    const numbers = await Promise.all(visitors.map(async (visitor) => (await place(visitor)).number));
    expect(entered.map((reply) => reply.entered)).toEqual(numbers.map((number) => number <= 1_000));
  });

  it('AD4 nobody is called faster than the rate', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 100, ratePerMinute: 120 });
    await Promise.all(Array.from({ length: 20 }, join));
    const startedMs = Date.now();
    // Two tokens a second, two in the bucket at the start.
    await until(async () => {
      await tickLine(server.redis, EVENT);
      return (await readBoard(server.redis, EVENT)).calledThrough >= 5;
    });
    expect(Date.now() - startedMs).toBeGreaterThan(1_300);
    expect((await readBoard(server.redis, EVENT)).calledThrough).toBe(5);
  });

  it('AD4 a rate of 0 calls nobody, and nobody is told a wait', async () => {
    await loadTestEvent(server.redis, EVENT, { ratePerMinute: 0 });
    const visitor = await join();
    expect(await place(visitor)).toMatchObject({ state: 'waiting', position: 1, latestWaitMs: null });
  });

  it('AD4 who does not claim in time loses the turn, and the next is called', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1, claimMs: 1_000 });
    const [first, second] = [await join(), await join()];
    expect((await place(first)).state).toBe('called');
    const tick = await until(async () => {
      const now = await tickLine(server.redis, EVENT);
      return now.noShows > 0 ? now : undefined;
    });
    expect(tick).toMatchObject({ noShows: 1, called: [2] });
    expect(await enter(first)).toEqual({ entered: false, code: 'place_expired' });
    expect((await place(second)).state).toBe('called');
  });

  it('AD8 TV-6 the server ends an admission at its deadline, releases its holds and calls the head', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1, admissionMs: 1_000, holdMs: 60_000 });
    const [first, second] = [await join(), await join()];
    const entered = await enter(first);
    if (!entered.entered) throw new Error(entered.code);
    await holdSeats(server.redis, EVENT, {
      ...entered,
      visitorId: first,
      holdId: 'h1',
      seats: [1],
      add: false,
    });
    await until(async () => (await tickLine(server.redis, EVENT)).timedOut === 1);
    expect(await listHolds(server.redis, EVENT)).toEqual([]);
    expect((await place(first)).state).toBe('expired');
    expect((await place(second)).state).toBe('called');
    expect(await endAdmission(server.redis, EVENT, entered.admissionId, 'left')).toBe(false);
  });

  it('AD5 who was silent is passed over when the turn comes', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1 });
    const [first, second, third] = [await join(), await join(), await join()];
    await enter(first);
    // As after 90 s without a word from anybody but the third.
    for (const key of ['seen0', 'seen1', 'seen2']) await server.redis.del(`usher:{7}:${key}`);
    await place(third);
    await leave(first);
    expect((await place(third)).state).toBe('called');
    expect((await place(second)).state).toBe('expired');
  });

  it('AD12 where inventory counts, nobody is called for what those inside will need, and the last seat calls one', async () => {
    await loadTestEvent(server.redis, EVENT, {
      seatCount: 3,
      inventoryAware: true,
      seatsPerAdmissionMilli: 1_500,
    });
    const visitors = [await join(), await join(), await join()];
    const states = async () => (await Promise.all(visitors.map(place))).map(({ state }) => state);
    expect(await states()).toEqual(['called', 'called', 'waiting']);
    const [a, b] = [await enter(visitors[0]!), await enter(visitors[1]!)];
    if (!a.entered || !b.entered) throw new Error('not in');
    const hold = (who: typeof a, visitorId: string, holdId: string, seats: number[]) =>
      holdSeats(server.redis, EVENT, { ...who, visitorId, holdId, seats, add: false });
    await hold(a, visitors[0]!, 'h1', [0, 1]);
    await hold(b, visitors[1]!, 'h2', [2]);
    await tickLine(server.redis, EVENT);
    expect((await states())[2], 'everything is held').toBe('waiting');
    await leave(visitors[1]!);
    expect((await states())[2], 'one seat has come free').toBe('called');
  });

  it('AD3 without a waiting room everybody is called at once', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1, ratePerMinute: 0, waitingRoom: 'off' });
    const visitors = await Promise.all(Array.from({ length: 20 }, join));
    const entered = await Promise.all(visitors.map(enter));
    expect(entered.every((reply) => reply.entered)).toBe(true);
  });
});

describe('on-sale states', () => {
  it('AD2 the lobby waits; at its moment the on-sale opens with nobody awake to open it', async () => {
    const opensAtMs = Date.now() + 600;
    await loadTestEvent(server.redis, EVENT, { capacity: 1, opensAtMs });
    const [first, second] = [await join(), await join()];
    expect(await place(first)).toMatchObject({ state: 'lobby', position: null, latestWaitMs: null });
    expect(await enter(first)).toEqual({ entered: false, code: 'not_called' });
    expect((await tickLine(server.redis, EVENT)).nextAtMs).toBe(opensAtMs);
    await until(async () => (await tickLine(server.redis, EVENT)).lobby.state === 'frozen');
    expect(Date.now()).toBeGreaterThanOrEqual(opensAtMs);
    await drawTestLobby(server.redis, EVENT);
    expect((await tickLine(server.redis, EVENT)).called).toEqual([1]);
    const places = await Promise.all([first, second].map(place));
    expect(places.sort((a, b) => a.number - b.number)).toMatchObject([
      { state: 'called', number: 1 },
      { state: 'waiting', number: 2, position: 1 },
    ]);
  });

  it('AD9 a paused line tells no wait; a lever holds from the next step on', async () => {
    const visitors = await sevenForThree();
    await setOnSale(server.redis, EVENT, { ...ON_SALE_DEFAULTS, capacity: 3, paused: true });
    expect(await place(visitors[3]!)).toMatchObject({ state: 'waiting', position: 1, latestWaitMs: null });
    await leave(visitors[0]!);
    expect((await place(visitors[3]!)).state).toBe('waiting');
    expect((await readBoard(server.redis, EVENT)).state).toBe('paused');
    await setOnSale(server.redis, EVENT, { ...ON_SALE_DEFAULTS, capacity: 4, ratePerMinute: 1_000_000 });
    await tickLine(server.redis, EVENT);
    expect((await place(visitors[4]!)).state).toBe('called');
    expect((await place(visitors[5]!)).state).toBe('waiting');
  });

  it('AD2 before the lobby and after the close nobody may join', async () => {
    await loadTestEvent(server.redis, EVENT, {
      lobbyOpensAtMs: Date.now() + 60_000,
      opensAtMs: Date.now() + 120_000,
    });
    await expect(join()).rejects.toMatchObject({ code: 'not_on_sale' });
    await loadTestEvent(server.redis, 8, { closedAtMs: Date.now() - 1 });
    await expect(joinLine(server.redis, 8, null)).rejects.toMatchObject({ code: 'not_on_sale' });
  });
});

describe('the board', () => {
  it('AD9 segments add up to those waiting and give everybody its place', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 5 });
    const visitors = await Promise.all(Array.from({ length: 400 }, join));
    const byNumber = await Promise.all(
      visitors.map(async (visitor) => ({ visitor, ...(await place(visitor)) })),
    );
    const waiting = byNumber.filter((each) => each.state === 'waiting').sort((a, b) => a.number - b.number);
    for (const each of waiting.filter((_, at) => at % 3 === 0)) await leave(each.visitor);
    const board = await readBoard(server.redis, EVENT);
    expect(board.segments.reduce((sum, segment) => sum + segment.waiting, 0)).toBe(board.waiting);
    expect(board.segments.length).toBeLessThanOrEqual(64);
    for (const each of waiting.filter((_, at) => at % 3 === 1)) {
      const exact = (await place(each.visitor)).position!;
      expect(Math.abs(positionFromSegments(each.number, board.segments)! - exact)).toBeLessThanOrEqual(5);
    }
    const counts = (await readCounts(server.redis, [EVENT])).get(EVENT);
    const { waiting: left, calledThrough } = board;
    const rest = { called: 5, capacity: 5, isCalling: true, parked: 0 };
    expect(counts?.line).toEqual({ waiting: left, inside: 0, calledThrough, ...rest });
  });

  it('AD3 the figures say whether a free slot would call somebody', async () => {
    const isCalling = async () => (await readCounts(server.redis, [EVENT])).get(EVENT)?.line.isCalling;
    const change = (levers: Partial<typeof ON_SALE_DEFAULTS>) =>
      setOnSale(server.redis, EVENT, { ...ON_SALE_DEFAULTS, ...levers });
    await loadTestEvent(server.redis, EVENT, { seatCount: 3 });
    expect(await isCalling()).toBe(true);
    await change({ paused: true });
    expect(await isCalling(), 'paused').toBe(false);
    await change({ ratePerMinute: 0 });
    expect(await isCalling(), 'a rate of 0').toBe(false);
    await change({ ratePerMinute: 0, waitingRoom: 'off' });
    expect(await isCalling(), 'nobody waits where there is no waiting room').toBe(true);
    await change({ opensAtMs: Date.now() + 60_000 });
    expect(await isCalling(), 'not open yet').toBe(false);
    await change({ inventoryAware: true });
    await join();
    expect(await isCalling(), 'one and a half of three seats are spoken for').toBe(true);
    await join();
    expect(await isCalling(), 'all three are').toBe(false);
    await change({});
    expect(await isCalling(), 'the house may be overbooked with hopes').toBe(true);
  });
});
