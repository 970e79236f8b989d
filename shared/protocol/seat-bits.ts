/**
 * The map as bits: two a seat, seat 0 in the lowest bits of byte 0, just as it stands in Redis and leaves in
 * a snapshot. 100,000 seats are 25 KB.
 */
import type { SeatCounts, SeatState } from '../domain/seat.ts';

/** Bytes that the states of `seatCount` seats take. */
export function seatBytes(seatCount: number): number {
  return (seatCount + 3) >> 2;
}

/** The state of one seat. */
export function readSeat(bits: Uint8Array, index: number): SeatState {
  return ((bits[index >> 2]! >> ((index & 3) << 1)) & 3) as SeatState;
}

/** Sets the state of one seat in place. */
export function writeSeat(bits: Uint8Array, index: number, state: SeatState): void {
  const shift = (index & 3) << 1;
  const at = index >> 2;
  bits[at] = (bits[at]! & ~(3 << shift)) | (state << shift);
}

/** The states of all seats, a byte each: what a renderer walks. */
export function unpackSeats(bits: Uint8Array, seatCount: number): Uint8Array {
  const states = new Uint8Array(seatCount);
  for (let index = 0; index < seatCount; index++) states[index] = readSeat(bits, index);
  return states;
}

/** How many seats are in each state. */
export function countSeats(bits: Uint8Array, seatCount: number): SeatCounts {
  const counts = [0, 0, 0, 0];
  for (let index = 0; index < seatCount; index++) counts[readSeat(bits, index)]!++;
  return {
    total: seatCount,
    available: counts[0]!,
    locked: counts[1]!,
    sold: counts[2]!,
    blocked: counts[3]!,
  };
}

/** Base64 for JSON, in browsers and in Node. */
export function bitsToBase64(bits: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bits.length; at += 8_192) {
    binary += String.fromCharCode(...bits.subarray(at, at + 8_192));
  }
  return btoa(binary);
}

export function base64ToBits(text: string): Uint8Array {
  const binary = atob(text);
  const bits = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bits[at] = binary.charCodeAt(at);
  return bits;
}
