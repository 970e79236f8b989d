import { describe, expect, it } from 'vitest';
import { ERRORS, UsherError } from './errors.ts';
import { isOpaqueId, isUuid, parseEventId, randomId } from './ids.ts';
import { formatMoney } from './money.ts';
import { onSaleState } from './on-sale.ts';
import { nextOrderState, ORDER_STATES, ORDER_TRANSITIONS, orderStatus } from './order.ts';
import { latestWaitMs, positionFromSegments } from './place.ts';
import { changeInto, SEAT_CHANGES, type SeatState, stateAfter } from './seat.ts';

describe('waiting-time vectors: capacity 3, sessions of 600 s, T1 = 0, T2 = 2, T3 = 4 s, now = 14 s', () => {
  const W = 600_000;
  /** The bound in seconds for the k-th waiter, with these entry times in seconds. */
  const bound = (k: number, entriesS: number[], nowS: number) => {
    const ends = entriesS.map((entry) => entry * 1_000 + W);
    return latestWaitMs(k, 3, ends[k % 3]!, W, nowS * 1_000) / 1_000;
  };

  it('AD9 TV-1, TV-2: the next three wait for the first three, the fourth for a second round', () => {
    expect([bound(0, [0, 2, 4], 6), bound(1, [0, 2, 4], 8), bound(2, [0, 2, 4], 10)]).toEqual([
      594, 594, 594,
    ]);
    expect(bound(3, [0, 2, 4], 12)).toBe(1_188);
  });

  it('AD9 TV-4: the tenth visitor is bound by T1 plus 30 minutes', () => {
    expect(bound(6, [0, 2, 4], 14)).toBe(1_800 - 14);
  });

  it('AD9 S1: U1 has bought, U4 enters at 14', () => {
    const entries = [2, 4, 14];
    expect([bound(0, entries, 14), bound(1, entries, 14), bound(2, entries, 14)]).toEqual([588, 590, 600]);
  });

  it('AD9 S2: U4 has left the line', () => {
    expect([bound(0, [0, 2, 4], 14), bound(1, [0, 2, 4], 14), bound(2, [0, 2, 4], 14)]).toEqual([
      586, 588, 590,
    ]);
  });

  it('AD9 S3: U2 has left the room, U4 enters at 14', () => {
    const entries = [0, 4, 14];
    expect([bound(0, entries, 14), bound(1, entries, 14), bound(2, entries, 14)]).toEqual([586, 590, 600]);
  });

  it('AD9 a wait is never negative', () => {
    expect(latestWaitMs(0, 3, 1_000, W, 5_000)).toBe(0);
  });
});

it('AD9 a place is worked out of the segments', () => {
  const segments = [
    { from: 11, to: 11, waiting: 1 },
    { from: 12, to: 21, waiting: 5 },
  ];
  expect(positionFromSegments(11, segments)).toBe(1);
  expect(positionFromSegments(21, segments)).toBe(6);
  expect(positionFromSegments(5, segments)).toBeUndefined();
  expect(positionFromSegments(22, segments)).toBeUndefined();
});

it('LC an on-sale goes through its states by time, seats and pause alone', () => {
  const onSale = { lobbyOpensAtMs: 100, opensAtMs: 200, closedAtMs: 400, paused: false };
  const seats = { available: 5, locked: 0 };
  const states = [50, 150, 250, 450].map((nowMs) => onSaleState(onSale, seats, nowMs));
  expect(states).toEqual(['scheduled', 'lobby', 'open', 'closed']);
  expect(onSaleState({ ...onSale, paused: true }, seats, 250)).toBe('paused');
  expect(onSaleState(onSale, { available: 0, locked: 1 }, 250)).toBe('open');
  expect(onSaleState({ ...onSale, paused: true }, { available: 0, locked: 0 }, 250)).toBe('sold_out');
  expect(
    onSaleState({ lobbyOpensAtMs: null, opensAtMs: null, closedAtMs: null, paused: false }, seats, 0),
  ).toBe('open');
});

describe('orders', () => {
  it('CK6 ends stay ends: nothing leads out of failed or refunded, only a refund out of paid', () => {
    expect(ORDER_TRANSITIONS.failed).toEqual({});
    expect(ORDER_TRANSITIONS.refunded).toEqual({});
    expect(ORDER_TRANSITIONS.paid).toEqual({ refunded: 'refunded' });
    expect(nextOrderState('paid', 'declined')).toBeUndefined();
  });

  it('CK6 every state is reached from claimed and has a word for the buyer', () => {
    const reached = new Set(['claimed']);
    for (const state of ORDER_STATES)
      for (const to of Object.values(ORDER_TRANSITIONS[state])) reached.add(to);
    expect([...reached].sort()).toEqual([...ORDER_STATES].sort());
    expect(ORDER_STATES.map(orderStatus)).toEqual(['pending', 'pending', 'paid', 'failed', 'refunded']);
  });
});

it('SE1 each state has one change that leads into it', () => {
  for (const [state, change] of SEAT_CHANGES.entries()) {
    expect(changeInto(state as SeatState)).toBe(change);
    expect(stateAfter(change)).toBe(state);
  }
});

it('ER1 every code has a status of its kind and a sentence', () => {
  for (const [code, kind] of Object.entries(ERRORS)) {
    expect(kind.status, code).toBeGreaterThanOrEqual(400);
    expect(kind.message, code).toMatch(/[.]$/);
  }
  expect(new UsherError('seats_taken', { taken: [1] })).toMatchObject({
    status: 409,
    details: { taken: [1] },
  });
});

it('ids are what may stand in keys and feeds', () => {
  expect(['1', '999999999', '0', '01', '-1', '1e3', '', '1|2', '1000000000'].map(parseEventId)).toEqual([
    1,
    999_999_999,
    ...Array.from({ length: 7 }, () => undefined),
  ]);
  for (const bad of ['', 'a|b', 'a,b', 'a b', 'ä', 'x'.repeat(65), '{1}', '*'])
    expect(isOpaqueId(bad)).toBe(false);
  expect(isUuid('00000000-0000-4000-8000-000000000001')).toBe(true);
  expect(isUuid('00000000-0000-4000-8000-00000000000g')).toBe(false);
  const ids = new Set(Array.from({ length: 1_000 }, () => randomId()));
  expect(ids.size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-z]{16}$/);
});

it('money is shown with the digits of its currency', () => {
  expect(formatMoney(4_550, 'EUR')).toBe('€45.50');
  expect(formatMoney(4_550, 'JPY')).toBe('¥4,550');
});
