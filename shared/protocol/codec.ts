/**
 * The two binary frames of `usher.v1`. Numbers are little-endian.
 *
 * ```
 * snapshot   u8 1 · u8 0 · u16 0 · u32 seatCount · f64 epoch · f64 offset · the bits           24 B + N/4
 * delta      u8 2 · u8 0 · u16 0 · u32 from-distance · f64 offset · the changes            16 B + changes
 * ```
 *
 * A delta's `from` is `offset - distance`. A change is one number, `seat * 4 + state`, where the state is
 * the seat's new two bits. The changes are sorted by seat and each is written as a LEB128 variable-length
 * integer of its distance to the one before it: in a full frame, where changes stand close, that is one or
 * two bytes; the worst is three for a house of 100,000.
 */
import type { SeatState } from '../domain/seat.ts';

const SNAPSHOT = 1;
const DELTA = 2;
const SNAPSHOT_HEADER_BYTES = 24;
const DELTA_HEADER_BYTES = 16;
/** `seat * 4 + state` below 2^35: five bytes of seven bits. */
const CHANGE_BYTES_MAX = 5;

export type SnapshotFrame = {
  readonly type: 'snapshot';
  readonly epoch: number;
  readonly offset: number;
  readonly seatCount: number;
  readonly bits: Uint8Array;
};

export type DeltaFrame = {
  readonly type: 'delta';
  readonly from: number;
  readonly offset: number;
  /** Pairs flattened: seat, state, seat, state. */
  readonly changes: Uint32Array;
};

/** One snapshot frame; the bits are copied. */
export function encodeSnapshot(
  epoch: number,
  offset: number,
  seatCount: number,
  bits: Uint8Array,
): Uint8Array {
  const frame = new Uint8Array(SNAPSHOT_HEADER_BYTES + bits.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, SNAPSHOT);
  view.setUint32(4, seatCount, true);
  view.setFloat64(8, epoch, true);
  view.setFloat64(16, offset, true);
  frame.set(bits, SNAPSHOT_HEADER_BYTES);
  return frame;
}

/**
 * One delta frame.
 *
 * @param changes the new state of each changed seat; the last word on a seat is the only one.
 */
export function encodeDelta(
  from: number,
  offset: number,
  changes: ReadonlyMap<number, SeatState>,
): Uint8Array {
  const codes = new Float64Array(changes.size);
  let count = 0;
  for (const [seat, state] of changes) codes[count++] = seat * 4 + state;
  codes.sort();
  const frame = new Uint8Array(DELTA_HEADER_BYTES + count * CHANGE_BYTES_MAX);
  const view = new DataView(frame.buffer);
  view.setUint8(0, DELTA);
  view.setUint32(4, offset - from, true);
  view.setFloat64(8, offset, true);
  let at = DELTA_HEADER_BYTES;
  let last = 0;
  for (const code of codes) {
    let distance = code - last;
    last = code;
    while (distance >= 128) {
      frame[at++] = (distance & 127) | 128;
      distance = Math.floor(distance / 128);
    }
    frame[at++] = distance;
  }
  return frame.subarray(0, at);
}

/** Reads a binary frame. Throws a RangeError where it is cut short or of no known kind. */
export function decodeFrame(frame: Uint8Array): SnapshotFrame | DeltaFrame {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const kind = view.getUint8(0);
  if (kind === SNAPSHOT) {
    return {
      type: 'snapshot',
      seatCount: view.getUint32(4, true),
      epoch: view.getFloat64(8, true),
      offset: view.getFloat64(16, true),
      bits: frame.subarray(SNAPSHOT_HEADER_BYTES),
    };
  }
  if (kind !== DELTA) throw new RangeError(`A frame of unknown kind ${kind}.`);
  const offset = view.getFloat64(8, true);
  const from = offset - view.getUint32(4, true);
  const changes: number[] = [];
  let code = 0;
  for (let at = DELTA_HEADER_BYTES; at < frame.length; ) {
    let scale = 1;
    for (;;) {
      if (at >= frame.length) throw new RangeError('A delta frame ends inside a change.');
      const byte = frame[at++]!;
      code += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    changes.push(Math.floor(code / 4), code % 4);
  }
  return { type: 'delta', from, offset, changes: Uint32Array.from(changes) };
}
