/** The lobby and its draw in Redis: how it closes, what the draw changes, and what it leaves alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packNumbers } from '../shared/domain/draw/draw.ts';
import { countBits, hasBit } from '../shared/domain/draw/present-bits.ts';
import { ON_SALE_DEFAULTS } from '../shared/domain/on-sale.ts';
import { type TestRedis, testRedis } from '../shared/testing/redis.ts';
import { enterAdmission } from './enter-admission.ts';
import { joinLine } from './join-line.ts';
import { eventKey, type KeyName } from './keys.ts';
import { leaveLine } from './leave-line.ts';
import { publishDraw } from './publish-draw.ts';
import { readBoard } from './read-board.ts';
import { readLobby } from './read-lobby.ts';
import { readOwnPlace, readPlace } from './read-place.ts';
import { setOnSale } from './set-on-sale.ts';
import { loadVirtualClock, setVirtualTime } from './testing/virtual-time.ts';
import { drawTestLobby, drawTestNumbers, loadTestEvent, type TestEventSettings } from './testing.ts';
import { tickLine } from './tick-line.ts';
import { touchPresence } from './touch-presence.ts';

const EVENT = 7;
const OPENS_AT_MS = 1_760_000_040_000;
const IN_LOBBY_MS = OPENS_AT_MS - 20_000;
let server: TestRedis;

beforeAll(async () => {
  server = await testRedis();
  await loadVirtualClock(server.redis);
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.flush();
  await setVirtualTime(server.redis, IN_LOBBY_MS);
});

const at = (nowMs: number) => setVirtualTime(server.redis, nowMs);
const load = (settings: TestEventSettings = {}) =>
  loadTestEvent(server.redis, EVENT, { opensAtMs: OPENS_AT_MS, capacity: 3, ...settings });
const join = async () => (await joinLine(server.redis, EVENT, null)).visitorId;
const place = async (visitorId: string) => (await readPlace(server.redis, EVENT, visitorId))!;
const enter = (visitorId: string) => enterAdmission(server.redis, EVENT, visitorId);
const leave = (visitorId: string) => leaveLine(server.redis, EVENT, visitorId);
const tick = () => tickLine(server.redis, EVENT);
const board = () => readBoard(server.redis, EVENT);
const lobby = async () => (await readLobby(server.redis, EVENT))!;
const draw = (seed?: Uint8Array) => drawTestLobby(server.redis, EVENT, seed);
const bit = (name: KeyName, number: number) => server.redis.getbit(eventKey(EVENT, name), number);

async function joined(count: number): Promise<string[]> {
  const visitors: string[] = [];
  for (let n = 0; n < count; n++) visitors.push(await join());
  return visitors;
}

/** A lobby of so many that has just closed. */
async function closed(count: number, settings: TestEventSettings = {}): Promise<string[]> {
  await load(settings);
  const visitors = await joined(count);
  await at(OPENS_AT_MS);
  expect((await tick()).lobby).toMatchObject({ state: 'frozen', firstNumber: 1, lobbyCount: count });
  return visitors;
}

const numberOf = (visitorId: string) => Number(visitorId.split('-')[2]);

describe('closing the lobby', () => {
  it('AD13 at the opening, and not a millisecond before, whoever is there and has not left is in the draw', async () => {
    await load();
    const visitors = await joined(20);
    for (const visitor of visitors.slice(0, 4)) await leave(visitor);
    await at(OPENS_AT_MS - 1);
    expect(await tick()).toMatchObject({ nextAtMs: OPENS_AT_MS, lobby: { state: 'lobby', lobbyCount: 20 } });
    expect(await readLobby(server.redis, EVENT)).toBeUndefined();
    await at(OPENS_AT_MS);
    expect((await tick()).lobby).toMatchObject({ state: 'frozen', lobbyCount: 20 });
    const { present, ...range } = await lobby();
    expect(range).toMatchObject({ firstNumber: 1, lobbyCount: 20 });
    expect(countBits(present)).toBe(16);
    for (const visitor of visitors) {
      expect(hasBit(present, numberOf(visitor))).toBe(numberOf(visitor) > 4);
    }
  });

  it('AD17 who was silent for 90 s when it closed has lost the place and counts nowhere', async () => {
    await load();
    await at(IN_LOBBY_MS - 120_000);
    const early = await joined(10);
    await at(IN_LOBBY_MS);
    await place(early[0]!);
    await touchPresence(server.redis, EVENT, [2, 3], 'lobby');
    const later = await joined(5);
    await at(OPENS_AT_MS);
    await tick();
    const { present } = await lobby();
    expect([...Array(20).keys()].filter((n) => hasBit(present, n))).toEqual([1, 2, 3, 11, 12, 13, 14, 15]);
    expect((await place(early[5]!)).state).toBe('expired');
    expect((await board()).waiting).toBe(8);
    await draw();
    expect((await board()).waiting).toBe(8);
    expect((await place(early[5]!)).state).toBe('expired');
    // AD10: it may come again, behind everybody.
    expect((await joinLine(server.redis, EVENT, early[5]!)).place).toMatchObject({
      state: 'waiting',
      number: 16,
    });
    expect(later).toHaveLength(5);
  });

  it('AD16 the first join after the opening closes it where no tick has, and stands behind', async () => {
    await load();
    await joined(5);
    await at(OPENS_AT_MS + 3);
    const late = await joinLine(server.redis, EVENT, null);
    expect(late.lobby).toBeNull();
    expect(late.place).toMatchObject({ state: 'waiting', number: 6, position: 6, latestWaitMs: null });
    expect(await lobby()).toMatchObject({ lobbyCount: 5 });
  });

  it('AD13 until it is drawn nobody is called, and everybody is in the lobby', async () => {
    const [visitor] = await closed(5);
    expect(await place(visitor!)).toMatchObject({ state: 'lobby', number: 1, position: null });
    expect((await board()).state).toBe('lobby');
    expect(await enter(visitor!)).toEqual({ entered: false, code: 'not_called' });
    expect((await tick()).called).toEqual([]);
    await draw();
    expect((await board()).state).toBe('open');
    expect((await tick()).called).toEqual([1, 2, 3]);
  });

  it('a line that opens with nobody in the lobby is drawn by nobody', async () => {
    await load();
    await leave(await join());
    await at(OPENS_AT_MS);
    expect((await tick()).lobby.state).toBe('frozen');
    expect(countBits((await lobby()).present)).toBe(0);
    await draw();
    await loadTestEvent(server.redis, 8, { opensAtMs: OPENS_AT_MS });
    expect((await tickLine(server.redis, 8)).lobby.state).toBe('none');
    await at(OPENS_AT_MS + 1);
    expect((await joinLine(server.redis, 8, null)).place.state).toBe('called');
  });

  it('AD16 who joined while the line was open before keeps its place ahead of the lobby', async () => {
    await loadTestEvent(server.redis, EVENT, { capacity: 1 });
    const [inside, before] = await joined(2);
    expect((await enter(inside!)).entered).toBe(true);
    await setOnSale(server.redis, EVENT, {
      ...ON_SALE_DEFAULTS,
      ratePerMinute: 1_000_000,
      opensAtMs: OPENS_AT_MS,
    });
    const visitors = await joined(30);
    await at(OPENS_AT_MS);
    expect((await tick()).lobby).toMatchObject({ state: 'frozen', firstNumber: 3, lobbyCount: 30 });
    await draw();
    expect(await place(before!)).toMatchObject({ number: 2 });
    expect((await tick()).called[0]).toBe(2);
    const numbers = await Promise.all(visitors.map(async (visitor) => (await place(visitor)).number));
    expect([...numbers].sort((a, b) => a - b)).toEqual(visitors.map((_, index) => index + 3));
    expect((await place(inside!)).state).toBe('admitted');
  });

  it('AD18 one line is drawn once: a second lobby is behind the first', async () => {
    const visitors = await closed(5);
    await draw();
    const order = await Promise.all(visitors.map(async (visitor) => (await place(visitor)).number));
    const settings = { ...ON_SALE_DEFAULTS, capacity: 3, opensAtMs: OPENS_AT_MS + 60_000 };
    await setOnSale(server.redis, EVENT, settings);
    const second = await joinLine(server.redis, EVENT, null);
    expect(second).toMatchObject({ lobby: null, place: { state: 'lobby', number: 6 } });
    await at(OPENS_AT_MS + 60_000);
    expect((await tick()).lobby.state).toBe('drawn');
    expect(await Promise.all(visitors.map(async (visitor) => (await place(visitor)).number))).toEqual(order);
  });
});

describe('the draw in force', () => {
  it('AD13 everybody has the number that the draw gave, and the line goes by it', async () => {
    const visitors = await closed(60);
    const numbers = drawTestNumbers(await lobby(), EVENT);
    await draw();
    for (const visitor of visitors) {
      const own = (await readOwnPlace(server.redis, EVENT, visitor))!;
      expect(own.place.number).toBe(numbers[numberOf(visitor) - 1]);
      expect(own.place).toMatchObject({ state: 'waiting', position: own.place.number });
      expect(own.lobby).toMatchObject({ number: numberOf(visitor) });
    }
    expect([...numbers]).not.toEqual([...numbers].sort((a, b) => a - b));
    expect((await tick()).called).toEqual([1, 2, 3]);
    const byPlace = visitors.toSorted((a, b) => numbers[numberOf(a) - 1]! - numbers[numberOf(b) - 1]!);
    // AD3: the cap holds at the opening. AD4: only those who were called enter.
    for (const [index, visitor] of byPlace.entries()) expect((await enter(visitor)).entered).toBe(index < 3);
    expect(await board()).toMatchObject({ inside: 3, waiting: 57, calledThrough: 3 });
    // AD1: joining again keeps the place.
    expect((await joinLine(server.redis, EVENT, byPlace[10]!)).place).toMatchObject({
      number: 11,
      position: 8,
    });
    // AD6: leaving is by the drawn number, waiting or inside.
    await leave(byPlace[5]!);
    expect((await place(byPlace[5]!)).state).toBe('left');
    expect((await place(byPlace[10]!)).position).toBe(7);
    await leave(byPlace[0]!);
    expect((await tick()).called).toEqual([]);
    expect((await place(byPlace[3]!)).state).toBe('called');
    // AD10
    expect((await joinLine(server.redis, EVENT, byPlace[5]!)).place).toMatchObject({ number: 61 });
    expect((await joinLine(server.redis, EVENT, byPlace[5]!)).place).toMatchObject({ number: 61 });
  });

  it('AD17 who had left before is passed over, and joined again in the lobby is in the draw once', async () => {
    await load({ capacity: 100 });
    const visitors = await joined(12);
    await leave(visitors[2]!);
    await leave(visitors[7]!);
    await joinLine(server.redis, EVENT, visitors[7]!);
    await at(OPENS_AT_MS);
    await tick();
    expect(countBits((await lobby()).present)).toBe(11);
    await draw();
    const { called } = await tick();
    expect(called).toHaveLength(11);
    expect((await place(visitors[2]!)).state).toBe('left');
    const states = await Promise.all(visitors.map(async (visitor) => (await place(visitor)).state));
    expect(states.filter((state) => state === 'called')).toHaveLength(11);
  });

  it('AD18 who leaves between the closing and the draw is gone under the new number, and nobody else is', async () => {
    const visitors = await closed(40, { capacity: 100 });
    const before = await lobby();
    const leavers = visitors.filter((_, index) => index % 4 === 0);
    for (const visitor of leavers) {
      await leave(visitor);
      expect((await place(visitor)).state).toBe('left');
    }
    // The list of those present is fixed: leaving later moves nobody.
    expect((await lobby()).present).toEqual(before.present);
    const late = await join();
    await leave(late);
    expect((await board()).waiting).toBe(30);
    await draw();
    expect((await board()).waiting).toBe(30);
    for (const visitor of visitors) {
      const { state } = await place(visitor);
      expect(state).toBe(leavers.includes(visitor) ? 'left' : 'waiting');
    }
    expect((await place(late)).state).toBe('left');
    expect((await tick()).called).toHaveLength(30);
    expect((await board()).waiting).toBe(0);
  });

  it('AD18 published twice, by two gateways, it is in force once', async () => {
    await closed(10);
    const closedLobby = await lobby();
    const numbers = packNumbers(drawTestNumbers(closedLobby, EVENT));
    const publish = () => publishDraw(server.redis, EVENT, closedLobby, numbers);
    expect((await Promise.all([publish(), publish(), publish()])).sort()).toEqual([
      'already',
      'already',
      'drawn',
    ]);
    const other = packNumbers(drawTestNumbers(closedLobby, EVENT, new Uint8Array(32).fill(9)));
    expect(await publishDraw(server.redis, EVENT, closedLobby, other)).toBe('already');
    expect(await server.redis.getBuffer(eventKey(EVENT, 'order'))).toEqual(Buffer.from(numbers));
    expect(await server.redis.exists(eventKey(EVENT, 'present'), eventKey(EVENT, 'leavers'))).toBe(0);
  });

  it('AD18 a draw of another line, or of a lobby that is open, is not put in force', async () => {
    await load();
    await joined(3);
    const range = { lineEpoch: 0, firstNumber: 1, lobbyCount: 3 };
    expect(await publishDraw(server.redis, EVENT, range, new Uint8Array(12))).toBe('other_line');
    const { lineEpoch } = (await tick()).lobby;
    expect(await publishDraw(server.redis, EVENT, { ...range, lineEpoch }, new Uint8Array(12))).toBe(
      'not_frozen',
    );
  });

  it('AD18 a restart with the data goes on where it was, closed or drawn; a wiped Redis begins another line', async () => {
    const visitors = await closed(10);
    const { present } = await lobby();
    await load({ runId: 'run-2' });
    expect((await lobby()).present).toEqual(present);
    await draw();
    const before = await Promise.all(visitors.map(place));
    await load({ runId: 'run-3' });
    expect(await Promise.all(visitors.map(place))).toEqual(before);
    await server.flush();
    await at(IN_LOBBY_MS + 60_000);
    await load({ opensAtMs: IN_LOBBY_MS + 90_000 });
    expect((await tick()).lobby.state).toBe('none');
    expect(await readPlace(server.redis, EVENT, visitors[0]!)).toBeUndefined();
    await join();
    expect((await tick()).lobby).toMatchObject({ state: 'lobby', firstNumber: 1, lobbyCount: 1 });
  });

  it('AD18 a draw that was stored counts although Redis has lost the last of the lobby', async () => {
    await closed(8);
    const stored = { ...(await lobby()), lobbyCount: 10 };
    const numbers = Uint32Array.of(3, 1, 2, 4, 5, 6, 7, 8, 10, 9);
    expect(await publishDraw(server.redis, EVENT, stored, packNumbers(numbers))).toBe('drawn');
    expect((await joinLine(server.redis, EVENT, null)).place.number).toBe(11);
  });

  it('AD17 the drawn count as present for 90 s, and as anybody from then on', async () => {
    // Heard of 55 s before: without the draw they would be away 5 s after it.
    await at(OPENS_AT_MS - 55_000);
    const visitors = await closed(10, { capacity: 1, claimMs: 30_000 });
    await draw();
    const numbers = drawOrder(await Promise.all(visitors.map(place)));
    expect((await tick()).called).toEqual([1]);
    // Two claim windows pass unused.
    for (const [step, called] of [
      [30_000, 2],
      [60_000, 3],
      [89_999, 4],
    ] as const) {
      await at(OPENS_AT_MS + step);
      expect((await tick()).called).toEqual(called === 4 ? [] : [called]);
    }
    await at(OPENS_AT_MS + 90_000);
    await touchPresence(server.redis, EVENT, [7]);
    await touchPresence(server.redis, EVENT, [numberOf(visitors[numbers.indexOf(9)]!)], 'lobby');
    expect((await tick()).called).toEqual([7]);
    expect((await place(visitors[numbers.indexOf(5)]!)).state).toBe('expired');
    await at(OPENS_AT_MS + 120_000);
    expect((await tick()).called).toEqual([9]);
  });

  const drawOrder = (places: readonly { number: number }[]) => places.map(({ number }) => number);

  it('AD16 whoever joins after the opening is behind all who were drawn, first come first served', async () => {
    const visitors = await closed(20, { capacity: 2 });
    const during = await joined(3);
    await draw();
    await tick();
    const after = await joined(3);
    for (const [index, visitor] of [...during, ...after].entries()) {
      expect(await place(visitor)).toMatchObject({ number: 21 + index, position: 19 + index });
    }
    const drawn = await Promise.all(visitors.map(place));
    expect(Math.max(...drawOrder(drawn))).toBe(20);
    expect((await board()).segments.reduce((sum, { waiting }) => sum + waiting, 0)).toBe(24);
  });

  it('AD17 bits of those away, of those who left and of those who came later are where they belong', async () => {
    await load();
    await at(IN_LOBBY_MS - 120_000);
    await joined(9);
    await at(IN_LOBBY_MS);
    await touchPresence(server.redis, EVENT, [1, 2, 3, 4, 5, 6, 7, 8], 'lobby');
    await joined(9);
    await leave(`${EVENT}-${(await tick()).lobby.lineEpoch}-18`);
    await at(OPENS_AT_MS);
    await tick();
    await draw();
    const states = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => [await bit('gone', n), await bit('lapsed', n)].join('')),
    );
    expect(states.map((state, n) => `${n}:${state}`).filter((text) => !text.endsWith('00'))).toEqual([
      '9:11',
      '18:10',
    ]);
  });
});
