import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeDelta, encodeSnapshot } from '../protocol/codec.ts';
import { bitsToBase64 } from '../protocol/seat-bits.ts';
import { SeatFeed } from './seat-feed.ts';

const snapshot = (offset: number, bits = new Uint8Array([0b00_01_10_00, 0]), epoch = 1) => ({
  type: 'snapshot' as const,
  epoch,
  offset,
  seatCount: 6,
  bits,
});

const delta = (from: number, offset: number, ...changes: number[]) => ({
  type: 'delta' as const,
  from,
  offset,
  changes: Uint32Array.from(changes),
});

describe('the map of a client', () => {
  it('is not whole, and believes no delta, before the first snapshot', () => {
    const feed = new SeatFeed();
    expect(feed.resumePoint).toBeUndefined();
    expect(feed.applyDelta(delta(0, 1, 0, 1))).toEqual({ kind: 'ignored' });
    expect(feed.applySnapshot(snapshot(7))).toEqual({ kind: 'map' });
    expect(feed.resumePoint).toEqual({ epoch: 1, offset: 7 });
    expect([0, 1, 2, 3].map((seat) => feed.stateOf(seat))).toEqual([0, 2, 1, 0]);
  });

  it('PR6 applies a delta that begins at its offset', () => {
    const feed = new SeatFeed();
    feed.applySnapshot(snapshot(7));
    expect(feed.applyDelta(delta(7, 9, 0, 2, 5, 3))).toEqual({ kind: 'changed', seats: [0, 5] });
    expect(feed.offset).toBe(9);
    expect([feed.stateOf(0), feed.stateOf(5)]).toEqual([2, 3]);
  });

  it.each([
    ['a gap', 8],
    ['an overlap', 6],
  ])('PR6 takes %s for lost, says so once, and waits for a snapshot', (_, from) => {
    const feed = new SeatFeed();
    feed.applySnapshot(snapshot(7));
    expect(feed.applyDelta(delta(from, 9, 0, 1))).toEqual({ kind: 'gap' });
    expect(feed.applyDelta(delta(7, 9, 0, 1))).toEqual({ kind: 'ignored' });
    expect(feed.stateOf(0)).toBe(0);
    expect(feed.resumePoint).toBeUndefined();
    expect(feed.applySnapshot(snapshot(9))).toEqual({ kind: 'map' });
    expect(feed.applyDelta(delta(9, 10, 0, 1))).toEqual({ kind: 'changed', seats: [0] });
  });

  it('reads both forms of a frame alike', () => {
    const binary = new SeatFeed();
    const json = new SeatFeed();
    const bits = new Uint8Array([0b11_10_01_00, 0b01]);
    binary.applySnapshot(decodeFrame(encodeSnapshot(3, 5, 5, bits)) as never);
    json.applySnapshot({ type: 'snapshot', epoch: 3, offset: 5, seatCount: 5, states: bitsToBase64(bits) });
    binary.applyDelta(decodeFrame(encodeDelta(5, 6, new Map([[4, 2]]))) as never);
    json.applyDelta({ type: 'delta', from: 5, offset: 6, changes: [{ seat: 4, change: 'sold' }] });
    expect(binary.bits).toEqual(json.bits);
    expect([json.epoch, json.offset, json.stateOf(4)]).toEqual([3, 6, 2]);
  });

  it('does not write into the frame that it came in', () => {
    const frame = encodeSnapshot(1, 0, 4, new Uint8Array([0]));
    const feed = new SeatFeed();
    feed.applySnapshot(decodeFrame(frame) as never);
    feed.applyDelta(delta(0, 1, 0, 3));
    expect(frame.at(-1)).toBe(0);
  });

  it('takes a seat beyond the house for nonsense', () => {
    const feed = new SeatFeed();
    feed.applySnapshot(snapshot(7));
    expect(feed.applyDelta(delta(7, 8, 6, 1))).toEqual({ kind: 'gap' });
    expect(feed.applySnapshot({ ...snapshot(8), seatCount: 60 })).toEqual({ kind: 'gap' });
  });
});

describe('a welcome', () => {
  it('FE3 carries on with the map where it resumed', () => {
    const feed = new SeatFeed();
    feed.applySnapshot(snapshot(7));
    expect(feed.applyWelcome({ epoch: 1, offset: 7, resumed: true }).kind).toBe('changed');
    expect(feed.isWhole).toBe(true);
  });

  it('FE3 waits for the snapshot where it did not', () => {
    const feed = new SeatFeed();
    feed.applySnapshot(snapshot(7));
    expect(feed.applyWelcome({ epoch: 2, offset: 0, resumed: false })).toEqual({ kind: 'ignored' });
    expect(feed.isWhole).toBe(false);
  });

  it('asks for a snapshot where it resumed somewhere else', () => {
    const feed = new SeatFeed();
    feed.applySnapshot(snapshot(7));
    expect(feed.applyWelcome({ epoch: 1, offset: 6, resumed: true })).toEqual({ kind: 'gap' });
  });
});
