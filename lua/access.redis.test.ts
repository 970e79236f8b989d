/** Who gets a place and when it is called, where that is not simply the next who comes. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasBit } from '../shared/domain/draw/present-bits.ts';
import { ON_SALE_DEFAULTS } from '../shared/domain/on-sale.ts';
import { positionFromSegments } from '../shared/domain/place.ts';
import { type TestRedis, testRedis } from '../shared/testing/redis.ts';
import { until } from '../shared/testing/wait.ts';
import { enterAdmission } from './enter-admission.ts';
import { holdSeats } from './hold-seats.ts';
import { type Credentials, joinLine } from './join-line.ts';
import { leaveLine } from './leave-line.ts';
import { parkPlaces } from './park-places.ts';
import { publishDraw } from './publish-draw.ts';
import { readBoard } from './read-board.ts';
import { readCodeUses } from './read-code-uses.ts';
import { readCounts } from './read-counts.ts';
import { readLobby } from './read-lobby.ts';
import { readPlace } from './read-place.ts';
import { setOnSale } from './set-on-sale.ts';
import { loadTestEvent } from './testing.ts';
import { tickLine } from './tick-line.ts';

let server: TestRedis;
const EVENT = 7;

beforeAll(async () => {
  server = await testRedis();
});
afterAll(() => server.close());
beforeEach(() => server.flush());

const ask = (credentials: Credentials = {}, visitorId: string | null = null) =>
  joinLine(server.redis, EVENT, visitorId, credentials);
const join = async (credentials: Credentials = {}) => (await ask(credentials)).visitorId;
const place = async (visitorId: string) => (await readPlace(server.redis, EVENT, visitorId))!;
const positions = (visitors: readonly string[]) =>
  Promise.all(visitors.map(async (visitor) => (await place(visitor)).position));
const states = (visitors: readonly string[]) =>
  Promise.all(visitors.map(async (visitor) => (await place(visitor)).state));
const enter = (visitorId: string) => enterAdmission(server.redis, EVENT, visitorId);
const leave = (visitorId: string) => leaveLine(server.redis, EVENT, visitorId);
/** Waits for the lobby to close and gives its visitors these numbers; who was present. */
async function draw(numbers: readonly number[]): Promise<Uint8Array> {
  await until(async () => (await tickLine(server.redis, EVENT)).lobby.state === 'frozen');
  const lobby = (await readLobby(server.redis, EVENT))!;
  const packed = Buffer.alloc(numbers.length * 4);
  for (const [at, number] of numbers.entries()) packed.writeUInt32BE(number, at * 4);
  expect(await publishDraw(server.redis, EVENT, lobby, packed)).toBe('drawn');
  return lobby.present;
}
const code = (codeId: string, kind: 'presale' | 'vip' | 'staff' = 'presale', usesMax = 1): Credentials => ({
  code: { codeId, kind, usesMax },
});

describe('one place each', () => {
  it('AD19 where accounts or codes are asked for, nobody joins without; a place that is there is kept', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1 });
    const early = await join();
    await setOnSale(server.redis, EVENT, { ...ON_SALE_DEFAULTS, access: 'account' });
    await expect(ask()).rejects.toMatchObject({ code: 'account_required' });
    expect((await ask({}, early)).isNew).toBe(false);
    await setOnSale(server.redis, EVENT, { ...ON_SALE_DEFAULTS, access: 'code' });
    await expect(ask()).rejects.toMatchObject({ code: 'code_required' });
    expect((await ask(code('c1'))).isNew).toBe(true);
    expect((await ask({}, early)).isNew).toBe(false);
  });

  it('AD20 twenty devices of one account that join at once have one place and one visitor', async () => {
    await loadTestEvent(server.redis, EVENT, { access: 'account', capacity: 1 });
    await ask({ accountId: 'other' });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) => ask({ accountId: 'a' }, at % 2 === 0 ? null : `device-${at}`)),
    );
    expect(new Set(outcomes.map(({ visitorId }) => visitorId)).size).toBe(1);
    expect(new Set(outcomes.map((outcome) => outcome.place.number))).toEqual(new Set([2]));
    expect(outcomes.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect((await readBoard(server.redis, EVENT)).waiting).toBe(1);
    // AD10: after leaving it is a new place at the end, of the same visitor, from whatever device.
    const { visitorId } = outcomes[0]!;
    await leave(visitorId);
    expect(await ask({ accountId: 'a' }, 'device-x')).toMatchObject({ visitorId, place: { number: 3 } });
  });

  it('AD20 a code of one use has one place, whoever shows it; one of three uses has three', async () => {
    await loadTestEvent(server.redis, EVENT, { access: 'code', capacity: 1 });
    const same = await Promise.all(Array.from({ length: 10 }, () => ask(code('one'))));
    expect(new Set(same.map(({ visitorId }) => visitorId)).size).toBe(1);
    const three = await Promise.allSettled(
      Array.from({ length: 10 }, () => ask(code('three', 'presale', 3))),
    );
    const given = three.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(new Set(given.map((each) => each.place.number)).size).toBe(3);
    expect(given).toHaveLength(3);
    expect(three.find((each) => each.status === 'rejected')?.reason).toMatchObject({ code: 'bad_code' });
    // Asked again by one of the three, it is no further use.
    expect((await ask(code('three', 'presale', 3), given[0]!.visitorId)).isNew).toBe(false);
    await leave(given[0]!.visitorId);
    expect((await ask(code('three', 'presale', 3), given[0]!.visitorId)).isNew).toBe(true);
    expect(await readCodeUses(server.redis, EVENT, ['one', 'three', 'none'])).toEqual([1, 3, 0]);
  });

  it('AD20 a code of one use is given a visitor of its own, so that whoever has the code reads nothing else', async () => {
    await loadTestEvent(server.redis, EVENT, { access: 'code', capacity: 1 });
    const { visitorId } = await ask(code('one'), 'has-orders');
    expect(visitorId).not.toBe('has-orders');
    expect((await ask(code('one'), 'friend')).visitorId).toBe(visitorId);
  });
});

describe('going first', () => {
  it('AD21 VIPs are called before everybody else, as they came, under the cap and the rate', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 2 });
    const [inside, called, first, second] = [await join(), await join(), await join(), await join()];
    await enter(inside);
    const vips = [await join(code('v1', 'vip')), await join(code('v2', 'vip'))];
    expect(await positions([...vips, first, second])).toEqual([1, 2, 3, 4]);
    const board = await readBoard(server.redis, EVENT);
    expect(board.waiting).toBe(4);
    expect(board.segments[0]).toEqual({ from: 0, to: 0, waiting: 2 });
    expect(positionFromSegments((await place(second)).number, board.segments)).toBe(4);

    await leave(inside);
    expect(await states([...vips, first])).toEqual(['called', 'waiting', 'waiting']);
    expect((await place(first)).position).toBe(2);
    expect((await readCounts(server.redis, [EVENT])).get(EVENT)!.line).toMatchObject({
      called: 2,
      inside: 0,
    });
    await leave(called);
    expect(await states([...vips, first])).toEqual(['called', 'called', 'waiting']);
    expect(await enter(vips[0]!)).toMatchObject({ entered: true });
    expect((await place(vips[0]!)).state).toBe('admitted');
    await leave(vips[0]!);
    expect(await states([vips[0]!, first, second])).toEqual(['left', 'called', 'waiting']);

    await setOnSale(server.redis, EVENT, { ...ON_SALE_DEFAULTS, ratePerMinute: 0 });
    expect((await place(await join(code('v3', 'vip')))).state).toBe('waiting');
  });

  it('AD21 a waiter who shows a VIP code goes to the front once, and those behind move up', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1 });
    const [, a, b, c] = [await join(), await join(), await join(), await join()];
    const many = code('vips', 'vip', 5);
    expect(await ask(many, c!)).toMatchObject({ visitorId: c, isNew: false, place: { position: 1 } });
    expect(await ask(many, c!)).toMatchObject({ visitorId: c, isNew: false, place: { position: 1 } });
    expect(await positions([a!, b!])).toEqual([2, 3]);
    // A code of one use is another visitor's; the old place is given up.
    const moved = await ask(code('own', 'vip'), a!);
    expect(moved).toMatchObject({ isNew: false, place: { position: 2 } });
    expect(moved.visitorId).not.toBe(a);
    expect(await states([a!, b!])).toEqual(['left', 'waiting']);
    expect((await readBoard(server.redis, EVENT)).waiting).toBe(3);
    await leave(c!);
    expect(await positions([moved.visitorId, b!])).toEqual([1, 2]);
    expect(await readCodeUses(server.redis, EVENT, ['vips', 'own'])).toEqual([1, 1]);
  });

  it('AD21 AD5 a VIP who is silent when the turn comes has lost it', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1 });
    const inside = await join();
    const vip = await join(code('v', 'vip'));
    const { number } = await place(vip);
    await server.redis.zadd(`usher:{${EVENT}}:aside`, Date.now() - 91_000, String(number));
    await leave(inside);
    expect((await place(vip)).state).toBe('expired');
    expect((await readBoard(server.redis, EVENT)).waiting).toBe(0);
  });

  it('AD22 staff are called at once beside the cap, up to their own limit, and take nobody’s slot', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1, staffCapacity: 1, ratePerMinute: 60 });
    const inside = await join();
    await enter(inside);
    const waiter = await join();
    const [one, two] = [await join(code('s1', 'staff')), await join(code('s2', 'staff'))];
    expect(await states([one, two])).toEqual(['called', 'waiting']);
    expect(await enter(one)).toMatchObject({ entered: true });
    const board = await readBoard(server.redis, EVENT);
    expect(board).toMatchObject({ inside: 1, waiting: 1, capacity: 1 });
    expect((await readCounts(server.redis, [EVENT])).get(EVENT)!.line).toMatchObject({
      inside: 1,
      called: 0,
    });
    // TV-1 holds with staff inside: the waiter gets the one slot of the line.
    const { position, latestWaitMs } = await place(waiter);
    expect(position).toBe(1);
    expect(latestWaitMs).toBeLessThanOrEqual(600_000);
    await leave(one);
    await tickLine(server.redis, EVENT);
    expect(await states([one, two, waiter])).toEqual(['left', 'called', 'waiting']);
    await leave(inside);
    await until(async () => (await tickLine(server.redis, EVENT)).called.length > 0);
    expect((await place(waiter)).state).toBe('called');
    // A pause stops the line, not the staff.
    await setOnSale(server.redis, EVENT, { ...ON_SALE_DEFAULTS, paused: true, staffCapacity: 2 });
    expect((await place(await join(code('s3', 'staff')))).state).toBe('called');
  });

  it('AD23 in a presale those with a code are called and may hold; the others from the opening on', async () => {
    const presaleOpensAtMs = Date.now() + 500;
    const opensAtMs = presaleOpensAtMs + 700;
    const onSale = { capacity: 3, presaleOpensAtMs, opensAtMs };
    await loadTestEvent(server.redis, EVENT, onSale);
    const anybody = await join();
    const fan = await join(code('p1'));
    const vip = await join(code('v1', 'vip'));
    expect(await states([anybody, fan, vip])).toEqual(['lobby', 'lobby', 'lobby']);
    expect((await tickLine(server.redis, EVENT)).nextAtMs).toBe(presaleOpensAtMs);
    await until(async () => (await tickLine(server.redis, EVENT)).called.length === 2);
    expect(Date.now()).toBeGreaterThanOrEqual(presaleOpensAtMs);
    expect(await states([anybody, fan, vip])).toEqual(['lobby', 'called', 'called']);
    const entered = await enter(fan);
    if (!entered.entered) throw new Error(entered.code);
    const hold = { ...entered, visitorId: fan, holdId: 'h1', seats: [1], add: false };
    expect(await holdSeats(server.redis, EVENT, hold)).toMatchObject({ granted: true });
    expect((await readBoard(server.redis, EVENT)).state).toBe('lobby');

    // Two of three slots are taken; the third waits for whoever comes with a code, not for anybody.
    expect(await enter(anybody)).toEqual({ entered: false, code: 'not_called' });
    const late = await join(code('p2'));
    expect((await place(late)).state).toBe('called');
    expect(Date.now()).toBeLessThan(opensAtMs);
    await leave(late);
    await draw([1]);
    expect(Date.now()).toBeGreaterThanOrEqual(opensAtMs);
    await tickLine(server.redis, EVENT);
    expect((await place(anybody)).state).toBe('called');
    // After the opening a presale code lets nobody go first.
    const waiter = await join();
    expect(await positions([waiter, await join(code('p3'))])).toEqual([1, 2]);
  });
});

describe('a challenge', () => {
  it('AD24 a new place wants a solution where the lever is on, and each solution is good for one', async () => {
    await loadTestEvent(server.redis, EVENT, { challenge: 'on' });
    await expect(ask()).rejects.toMatchObject({ code: 'challenge_required' });
    const challenge = { challengeId: 'n1', endsAtMs: Date.now() + 60_000 };
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => ask({ challenge })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const each of outcomes) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'bad_challenge' });
      else expect((await ask({}, each.value.visitorId)).isNew).toBe(false);
    }
    // What has expired is forgotten: a gateway does not let it through any more.
    await server.redis.zadd(`usher:{${EVENT}}:spent`, 1, 'n0');
    await ask({ challenge: { challengeId: 'n2', endsAtMs: Date.now() + 60_000 } });
    expect(await server.redis.zrange(`usher:{${EVENT}}:spent`, '0', '-1')).toEqual(['n1', 'n2']);
    await setOnSale(server.redis, EVENT, { ...ON_SALE_DEFAULTS, challenge: 'off' });
    expect((await ask()).isNew).toBe(true);
  });
});

describe('parked places', () => {
  it('AD25 a parked place looks like one and is never called; its neighbours’ positions are as if it were not there', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1 });
    const inside = await join();
    const [a, bot1, bot2, b] = [
      await join(),
      await join({ park: true }),
      await join({ park: true }),
      await join(),
    ];
    expect(await states([a, bot1, bot2, b])).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    expect(await positions([a, b])).toEqual([1, 2]);
    expect(await positions([bot1, bot2])).toEqual([2, 3]);
    const bot = await place(bot1);
    expect(bot.estimatedWaitMs).toBeGreaterThan(0);
    expect(bot.latestWaitMs).toBeGreaterThan(0);
    const board = await readBoard(server.redis, EVENT);
    expect(board.waiting).toBe(2);
    // No range says of a parked number alone that nobody waits there.
    expect(board.segments).toEqual([
      { from: 2, to: 2, waiting: 1 },
      { from: 3, to: 5, waiting: 1 },
    ]);
    await leave(inside);
    expect(await states([a, bot1, bot2, b])).toEqual(['called', 'waiting', 'waiting', 'waiting']);
    expect(await positions([bot1, bot2, b])).toEqual([1, 2, 1]);
    await leave(a);
    expect(await states([bot1, bot2, b])).toEqual(['waiting', 'waiting', 'called']);
    expect(await positions([bot1, bot2])).toEqual([1, 1]);
    await leave(b);
    await tickLine(server.redis, EVENT);
    expect(await enter(bot1)).toEqual({ entered: false, code: 'not_called' });
    expect((await readCounts(server.redis, [EVENT])).get(EVENT)!.line).toMatchObject({
      waiting: 0,
      parked: 2,
    });
    // Leaving and joining again is no way out.
    await leave(bot2);
    expect((await place(bot2)).state).toBe('left');
    expect((await ask({}, bot2)).place.state).toBe('waiting');
    expect((await place(await join())).state).toBe('called');
    expect((await place(bot2)).state).toBe('waiting');
  });

  it('AD25 a parked place of the lobby is drawn like any other, and passed over when its number comes', async () => {
    const opensAtMs = Date.now() + 400;
    await loadTestEvent(server.redis, EVENT, { capacity: 10, opensAtMs });
    const [a, bot, b, late] = [await join(), await join({ park: true }), await join(), await join()];
    expect(await parkPlaces(server.redis, EVENT, [late], true)).toBe(1);
    expect(await parkPlaces(server.redis, EVENT, [late], false)).toBe(1);
    expect((await readBoard(server.redis, EVENT)).waiting).toBe(4);
    // The bot is drawn to the first place.
    const present = await draw([2, 1, 4, 3]);
    for (const number of [1, 2, 3, 4]) expect(hasBit(present, number)).toBe(true);
    expect((await readBoard(server.redis, EVENT)).waiting).toBe(3);
    expect(await place(bot)).toMatchObject({ state: 'waiting', number: 1, position: 1 });
    expect(await positions([a, late, b])).toEqual([1, 2, 3]);
    expect((await tickLine(server.redis, EVENT)).called).toEqual([2, 3, 4]);
    expect((await place(bot)).state).toBe('waiting');
  });

  it('AD25 an operator parks who waits already, and lets them wait again where they stood or call next', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1 });
    const inside = await join();
    const line = [await join(), await join(), await join()];
    const [a, b, c] = line as [string, string, string];
    const park = (visitors: string[], yes: boolean) => parkPlaces(server.redis, EVENT, visitors, yes);
    expect(await park([a, b, inside, 'nobody'], true)).toBe(2);
    expect(await park([a], true)).toBe(0);
    expect(await positions([a, b, c])).toEqual([1, 2, 1]);
    expect(await park([b], false)).toBe(1);
    expect(await positions([a, b, c])).toEqual([1, 1, 2]);
    await leave(inside);
    expect(await states([a, b, c])).toEqual(['waiting', 'called', 'waiting']);
    expect(await park([a], false)).toBe(1);
    expect(await positions([a, c])).toEqual([1, 2]);
    expect((await readBoard(server.redis, EVENT)).waiting).toBe(2);
    await leave(b);
    expect(await states([a, b, c])).toEqual(['called', 'left', 'waiting']);
  });
});
