/**
 * The map as one client knows it: bits, epoch and offset, and what a frame does to them. Pure, so that its
 * rules are tested without a socket. Rules FE:
 *
 * - a delta applies only where its `from` is the map's offset; anything else is a gap;
 * - after a gap nothing is believed until a snapshot comes;
 * - a snapshot replaces everything, whatever its epoch.
 */
import { type SeatState, stateAfter } from '../domain/seat.ts';
import type { DeltaFrame, SnapshotFrame } from '../protocol/codec.ts';
import { base64ToBits, readSeat, seatBytes, writeSeat } from '../protocol/seat-bits.ts';
import type { ServerMessage } from '../protocol/server-messages.ts';

type JsonSnapshot = Extract<ServerMessage, { type: 'snapshot' }>;
type JsonDelta = Extract<ServerMessage, { type: 'delta' }>;
type Welcome = Extract<ServerMessage, { type: 'welcome' }>;

export type FeedResult =
  /** The whole map is new. */
  | { readonly kind: 'map' }
  /** These seats have a new state. */
  | { readonly kind: 'changed'; readonly seats: readonly number[] }
  /** Something was missed: ask for a snapshot. Said once per gap. */
  | { readonly kind: 'gap' }
  /** Nothing to do: a snapshot is under way. */
  | { readonly kind: 'ignored' };

const IGNORED: FeedResult = { kind: 'ignored' };
const GAP: FeedResult = { kind: 'gap' };

export class SeatFeed {
  epoch = 0;
  offset = 0;
  seatCount = 0;
  bits = new Uint8Array(0);
  /** Until the first snapshot, and from a gap to the next one. */
  #awaitsSnapshot = true;

  /** What a reconnecting client may resume from, or undefined where it needs a snapshot anyway. */
  get resumePoint(): { readonly epoch: number; readonly offset: number } | undefined {
    return this.#awaitsSnapshot ? undefined : { epoch: this.epoch, offset: this.offset };
  }

  get isWhole(): boolean {
    return !this.#awaitsSnapshot;
  }

  /** The state of one seat; available where the map is not known yet. */
  stateOf(seat: number): SeatState {
    return seat >= 0 && seat < this.seatCount ? readSeat(this.bits, seat) : 0;
  }

  /** The first message of a connection: whether the map may be carried on with. */
  applyWelcome(welcome: Pick<Welcome, 'epoch' | 'offset' | 'resumed'>): FeedResult {
    const fits = welcome.resumed && welcome.epoch === this.epoch && welcome.offset === this.offset;
    if (fits && !this.#awaitsSnapshot) return { kind: 'changed', seats: [] };
    // Not resumed: the snapshot follows by itself. Resumed elsewhere than we are: it has to be asked for.
    this.#awaitsSnapshot = true;
    return welcome.resumed ? GAP : IGNORED;
  }

  applySnapshot(snapshot: SnapshotFrame | JsonSnapshot): FeedResult {
    const bits = 'bits' in snapshot ? snapshot.bits : base64ToBits(snapshot.states);
    if (bits.length < seatBytes(snapshot.seatCount)) return this.#gap();
    // A copy: a binary frame's bits are a view into the frame, and deltas are written into ours.
    this.bits = Uint8Array.from(bits);
    this.seatCount = snapshot.seatCount;
    this.epoch = snapshot.epoch;
    this.offset = snapshot.offset;
    this.#awaitsSnapshot = false;
    return { kind: 'map' };
  }

  applyDelta(delta: DeltaFrame | JsonDelta): FeedResult {
    if (this.#awaitsSnapshot) return IGNORED;
    if (delta.from !== this.offset) return this.#gap();
    const seats = isFlat(delta.changes) ? this.#writeFlat(delta.changes) : this.#writeList(delta.changes);
    if (seats === undefined) return this.#gap();
    this.offset = delta.offset;
    return { kind: 'changed', seats };
  }

  #gap(): FeedResult {
    this.#awaitsSnapshot = true;
    return GAP;
  }

  #writeFlat(changes: Uint32Array): number[] | undefined {
    const seats: number[] = [];
    for (let at = 0; at < changes.length; at += 2) {
      const seat = changes[at]!;
      if (seat >= this.seatCount) return undefined;
      writeSeat(this.bits, seat, changes[at + 1] as SeatState);
      seats.push(seat);
    }
    return seats;
  }

  #writeList(changes: JsonDelta['changes']): number[] | undefined {
    const seats: number[] = [];
    for (const { seat, change } of changes) {
      if (seat >= this.seatCount) return undefined;
      writeSeat(this.bits, seat, stateAfter(change));
      seats.push(seat);
    }
    return seats;
  }
}

function isFlat(changes: DeltaFrame['changes'] | JsonDelta['changes']): changes is Uint32Array {
  return changes instanceof Uint32Array;
}
