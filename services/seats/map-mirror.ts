/**
 * One event's map as this process has told it to its sockets, and what it has heard since. Rules FE.
 *
 * `bits` and `offset` are what was last broadcast; `pending` is what came after. A snapshot is always of what
 * was broadcast, so that the next frame's `from` is the snapshot's offset and nobody sees a hole. The ring keeps
 * the changes of the last entries one by one, whatever frames they left in, so that a client of another
 * instance can resume here.
 */

import type { FeedEntry } from '../../lua/feed-entry.ts';
import type { Snapshot } from '../../lua/read-snapshot.ts';
import {
  changeInto,
  SEAT_AVAILABLE,
  SEAT_BLOCKED,
  SEAT_LOCKED,
  SEAT_SOLD,
  type SeatState,
} from '../../shared/domain/seat.ts';
import { encodeDelta, encodeSnapshot } from '../../shared/protocol/codec.ts';
import { bitsToBase64, readSeat, writeSeat } from '../../shared/protocol/seat-bits.ts';
import type { ServerMessage } from '../../shared/protocol/server-messages.ts';

/** Entries that can be resumed from memory: at 1,000 changes a second, half a minute of absence. */
const RING_ENTRIES = 32_768;

export type Frame = {
  readonly from: number;
  readonly offset: number;
  readonly changes: ReadonlyMap<number, SeatState>;
};

const STATE_AFTER: Partial<Record<FeedEntry['kind'], SeatState>> = {
  locked: SEAT_LOCKED,
  released: SEAT_AVAILABLE,
  sold: SEAT_SOLD,
  blocked: SEAT_BLOCKED,
  unblocked: SEAT_AVAILABLE,
};

export class MapMirror {
  #epoch = 0;
  #bits: Uint8Array = new Uint8Array(0);
  #seatCount = 0;
  /** Broadcast up to here. */
  #offset = 0;
  /** Heard of up to here. */
  #heard = 0;
  #pending = new Map<number, SeatState>();
  /** `seat * 4 + state` of each change of the entry, at `offset % RING_ENTRIES`. */
  readonly #ring: (readonly number[] | undefined)[] = [];
  #ringFrom = 0;
  #binarySnapshot: Uint8Array | undefined;
  #jsonSnapshot: string | undefined;

  get epoch(): number {
    return this.#epoch;
  }

  get offset(): number {
    return this.#offset;
  }

  get heard(): number {
    return this.#heard;
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Begins anew from a snapshot: of a new epoch, or the first. */
  reset(snapshot: Snapshot): void {
    this.#epoch = snapshot.epoch;
    this.#bits = Uint8Array.from(snapshot.bits);
    this.#seatCount = snapshot.seatCount;
    this.#offset = snapshot.offset;
    this.#heard = snapshot.offset;
    this.#ringFrom = snapshot.offset;
    this.#pending.clear();
    this.#forgetSnapshots();
  }

  /** Jumps over a range that the stream no longer has: what differs becomes pending changes. */
  catchUp(snapshot: Snapshot): void {
    for (let seat = 0; seat < this.#seatCount; seat++) {
      const state = readSeat(snapshot.bits, seat);
      if (state !== (this.#pending.get(seat) ?? readSeat(this.#bits, seat))) this.#pending.set(seat, state);
    }
    this.#heard = snapshot.offset;
    this.#ringFrom = snapshot.offset;
  }

  /** Takes in the next entry. The caller has made sure that it is the one after `heard`. */
  apply(offset: number, entry: FeedEntry): void {
    const state = STATE_AFTER[entry.kind];
    const codes: number[] = [];
    if (state !== undefined && 'seats' in entry) {
      for (const seat of entry.seats) {
        this.#pending.set(seat, state);
        codes.push(seat * 4 + state);
      }
    }
    this.#ring[offset % RING_ENTRIES] = codes;
    this.#ringFrom = Math.max(this.#ringFrom, offset - RING_ENTRIES);
    this.#heard = offset;
  }

  /** Makes what is pending the next frame, or returns undefined where no seat has changed. */
  takeFrame(): Frame | undefined {
    if (this.#pending.size === 0) return undefined;
    const frame = { from: this.#offset, offset: this.#heard, changes: this.#pending };
    for (const [seat, state] of this.#pending) writeSeat(this.#bits, seat, state);
    this.#offset = this.#heard;
    this.#pending = new Map();
    this.#forgetSnapshots();
    return frame;
  }

  /**
   * What a client that was at a position has missed: a frame, `current` where nothing, or undefined where a
   * snapshot is needed or cheaper.
   */
  missedSince(epoch: number, offset: number): Frame | 'current' | undefined {
    if (epoch !== this.#epoch || offset > this.#offset || offset < this.#ringFrom) return undefined;
    if (offset === this.#offset) return 'current';
    const changes = new Map<number, SeatState>();
    for (let at = offset + 1; at <= this.#offset; at++) {
      const codes = this.#ring[at % RING_ENTRIES];
      if (codes === undefined) return undefined;
      for (const code of codes) changes.set(code >> 2, (code & 3) as SeatState);
    }
    // A change takes one to three bytes; past this the bits are the smaller message.
    return changes.size * 2 > this.#bits.length ? undefined : { from: offset, offset: this.#offset, changes };
  }

  /** The snapshot frame, made once for all who ask before the next change. */
  snapshot(binary: boolean): string | Uint8Array {
    if (binary) {
      this.#binarySnapshot ??= encodeSnapshot(this.#epoch, this.#offset, this.#seatCount, this.#bits);
      return this.#binarySnapshot;
    }
    this.#jsonSnapshot ??= JSON.stringify({
      type: 'snapshot',
      epoch: this.#epoch,
      offset: this.#offset,
      seatCount: this.#seatCount,
      states: bitsToBase64(this.#bits),
    } satisfies ServerMessage);
    return this.#jsonSnapshot;
  }

  #forgetSnapshots(): void {
    this.#binarySnapshot = undefined;
    this.#jsonSnapshot = undefined;
  }
}

/** A frame as it goes out. */
export function encodeFrame(frame: Frame, binary: boolean): string | Uint8Array {
  if (binary) return encodeDelta(frame.from, frame.offset, frame.changes);
  return JSON.stringify({
    type: 'delta',
    from: frame.from,
    offset: frame.offset,
    changes: [...frame.changes].map(([seat, state]) => ({ seat, change: changeInto(state) })),
  } satisfies ServerMessage);
}
