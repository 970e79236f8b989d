import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeatState } from '../domain/seat.ts';
import { decodeFrame, encodeDelta, encodeSnapshot } from './codec.ts';
import {
  base64ToBits,
  bitsToBase64,
  countSeats,
  readSeat,
  seatBytes,
  unpackSeats,
  writeSeat,
} from './seat-bits.ts';

const seat = fc.integer({ min: 0, max: 99_999 });
const state = fc.integer({ min: 0, max: 3 }) as fc.Arbitrary<SeatState>;
const changes = fc.array(fc.tuple(seat, state), { maxLength: 400 }).map((pairs) => new Map(pairs));

describe('binary frames', () => {
  it('PR1 a delta says what was put in, each seat once, sorted by seat', () => {
    fc.assert(
      fc.property(
        changes,
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 0, max: 2 ** 20 }),
        (map, from, more) => {
          const frame = decodeFrame(encodeDelta(from, from + more, map));
          if (frame.type !== 'delta') throw new Error(frame.type);
          expect([frame.from, frame.offset]).toEqual([from, from + more]);
          const sorted = [...map].sort(([a], [b]) => a - b).flat();
          expect([...frame.changes]).toEqual(sorted);
        },
      ),
    );
  });

  it('PR1 a change takes 4 bytes at most, and 2 or less in a full frame', () => {
    const far = encodeDelta(0, 1, new Map([[99_999, 3]]));
    expect(far.length).toBeLessThanOrEqual(16 + 4);
    const full = new Map(Array.from({ length: 1_000 }, (_, at) => [at * 20, (at % 4) as SeatState]));
    expect((encodeDelta(0, 1, full).length - 16) / 1_000).toBeLessThanOrEqual(2);
  });

  it('PR1 a snapshot of 20,000 seats is 5,024 bytes', () => {
    const bits = new Uint8Array(seatBytes(20_000)).fill(0b10010010);
    const frame = encodeSnapshot(1_763_000_000_000, 2 ** 40, 20_000, bits);
    expect(frame.length).toBe(5_024);
    expect(decodeFrame(frame)).toEqual({
      type: 'snapshot',
      epoch: 1_763_000_000_000,
      offset: 2 ** 40,
      seatCount: 20_000,
      bits,
    });
  });

  it('PR1 a frame that is cut short or unknown is refused, whatever its bytes', () => {
    expect(() => decodeFrame(new Uint8Array([9]))).toThrow(RangeError);
    const frame = encodeDelta(0, 1, new Map([[99_999, 1]]));
    expect(() => decodeFrame(frame.subarray(0, frame.length - 1))).toThrow(RangeError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeFrame(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe('seat bits', () => {
  it('SE1 a seat keeps its own two bits and no other', () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 50 }), (states) => {
        const bits = new Uint8Array(seatBytes(states.length));
        for (const [at, each] of states.entries()) writeSeat(bits, at, each);
        expect([...unpackSeats(bits, states.length)]).toEqual(states);
        expect(countSeats(bits, states.length).total).toBe(states.length);
        expect(base64ToBits(bitsToBase64(bits))).toEqual(bits);
      }),
    );
  });

  it('SE1 seat 0 stands in the lowest bits of byte 0', () => {
    const bits = new Uint8Array(1);
    writeSeat(bits, 0, 1);
    writeSeat(bits, 3, 2);
    expect(bits[0]).toBe(0b10_00_00_01);
    expect(readSeat(bits, 3)).toBe(2);
  });
});
