/**
 * Two sockets per event that keep the whole map, as a page does: against them the swarm holds what it was told. They are
 * inside before anybody else, and remember when each seat turned sold.
 */

import { SeatFeed } from '../../shared/client/seat-feed.ts';
import { SEAT_AVAILABLE, SEAT_SOLD } from '../../shared/domain/seat.ts';
import { decodeFrame } from '../../shared/protocol/codec.ts';
import { readSeat } from '../../shared/protocol/seat-bits.ts';
import type { Tally } from '../lib/tally.ts';

type Expected = { readonly orderedMs: number; missing: Set<number>; readonly live: boolean };

export class Auditor {
  readonly eventId: number;
  readonly feed = new SeatFeed();
  readonly #tally: Tally;
  readonly #expected = new Map<number, Expected>();

  constructor(eventId: number, tally: Tally) {
    this.eventId = eventId;
    this.#tally = tally;
  }

  /** Takes a frame in. Returns false where the map is not whole any more. */
  take(bytes: Uint8Array): boolean {
    const frame = decodeFrame(bytes);
    if (frame.type === 'snapshot') {
      this.feed.applySnapshot(frame);
      for (const seat of [...this.#expected.keys()]) this.#see(seat);
      return true;
    }
    for (let at = 0; at < frame.changes.length; at += 2) {
      const seat = frame.changes[at]!;
      const was = this.feed.stateOf(seat);
      if (was === SEAT_SOLD && frame.changes[at + 1] !== SEAT_SOLD) {
        this.#tally.fault('A sold seat changed its state on the map.', `event ${this.eventId}, seat ${seat}`);
      }
    }
    if (this.feed.applyDelta(frame).kind !== 'changed') return false;
    for (let at = 0; at < frame.changes.length; at += 2) this.#see(frame.changes[at]!);
    return true;
  }

  /** These seats are paid for, or will be: from now on they are waited for. */
  expectSold(seats: readonly number[], orderedMs: number): void {
    const expected: Expected = { orderedMs, missing: new Set(seats), live: this.feed.isWhole };
    for (const seat of seats) {
      this.#expected.set(seat, expected);
      this.#see(seat);
    }
  }

  /** A declined order's seats are nobody's again. */
  forget(seats: readonly number[]): void {
    for (const seat of seats) this.#expected.delete(seat);
  }

  #see(seat: number): void {
    const expected = this.#expected.get(seat);
    if (expected === undefined || this.feed.stateOf(seat) !== SEAT_SOLD) return;
    this.#expected.delete(seat);
    expected.missing.delete(seat);
    if (expected.missing.size === 0 && expected.live) {
      this.#tally.time('order to sold on the map', performance.now() - expected.orderedMs);
    }
  }

  /** Seats that were paid for and are not sold on the map. */
  get missing(): number[] {
    return [...this.#expected.keys()];
  }

  /** Neighbouring free seats, begun at a random one; undefined where there are none. */
  freeSeats(count: number): number[] | undefined {
    const { seatCount, bits } = this.feed;
    if (seatCount === 0) return undefined;
    const start = Math.floor(Math.random() * seatCount);
    for (let step = 0; step < seatCount; step += 1) {
      const first = (start + step) % seatCount;
      if (first + count > seatCount) continue;
      let free = 0;
      while (free < count && readSeat(bits, first + free) === SEAT_AVAILABLE) free += 1;
      if (free === count) return Array.from({ length: count }, (_, at) => first + at);
    }
    return undefined;
  }

  get available(): number {
    let free = 0;
    for (let seat = 0; seat < this.feed.seatCount; seat += 1) {
      if (readSeat(this.feed.bits, seat) === SEAT_AVAILABLE) free += 1;
    }
    return free;
  }
}
