/**
 * What holds, seats and admissions of one event are by the rules, in plain data: the reference that the scripts are
 * held against. It is written from RULES.md and the contract, and counts nothing that can be derived.
 */
import assert from 'node:assert/strict';
import {
  SEAT_AVAILABLE,
  SEAT_BLOCKED,
  SEAT_LOCKED,
  SEAT_SOLD,
  type SeatState,
} from '../../shared/domain/seat.ts';
import { seatBytes, writeSeat } from '../../shared/protocol/seat-bits.ts';
import type { HoldDenial } from '../hold-reply.ts';

export type ModelHold = {
  visitorId: string;
  admissionId: string;
  fence: number;
  deadline: number;
  state: 'held' | 'paying';
  extended: boolean;
  orderId: string;
  /** The time that it had left when payment began. */
  left: number;
  seats: number[];
};

export type ModelSettings = {
  roomOff: boolean;
  holdMs: number;
  paymentMs: number;
  admissionMs: number;
  seatsPerVisitorMax: number;
  closed: boolean;
};

/** A hold that was declined has at least this long. */
const LEFT_MS_MIN = 30_000;

export class HoldsModel {
  now: number;
  readonly settings: ModelSettings;
  readonly rowLength: number;
  seats: SeatState[];
  holds = new Map<string, ModelHold>();
  /** Who is inside; those whose time is over stay until a tick. */
  admissions = new Map<string, { visitorId: string; ends: number }>();
  /** The admission that each visitor has, living or overdue. */
  admissionOf = new Map<string, string>();
  soldTo = new Map<number, string>();
  nextNumber = 0;

  constructor(now: number, seatCount: number, rowLength: number, settings: ModelSettings) {
    this.now = now;
    this.rowLength = rowLength;
    this.settings = settings;
    this.seats = Array.from({ length: seatCount }, (): SeatState => SEAT_AVAILABLE);
  }

  // What can be derived.

  heldBy = (visitorId: string) =>
    [...this.holds.values()].reduce(
      (sum, hold) => sum + (hold.visitorId === visitorId ? hold.seats.length : 0),
      0,
    );
  boughtBy = (visitorId: string) =>
    [...this.soldTo.values()].reduce((sum, buyer) => sum + (buyer === visitorId ? 1 : 0), 0);
  count = (state: SeatState) => this.seats.filter((each) => each === state).length;

  get isSoldOut(): boolean {
    return this.count(SEAT_AVAILABLE) + this.count(SEAT_LOCKED) === 0;
  }

  bits(states: readonly SeatState[] = this.seats): Uint8Array {
    const bits = new Uint8Array(seatBytes(states.length));
    for (const [seat, state] of states.entries()) writeSeat(bits, seat, state);
    return bits;
  }

  /** The admission that a visitor may act with now. */
  livingAdmission(visitorId: string): string | undefined {
    const id = this.admissionOf.get(visitorId);
    const admission = id === undefined ? undefined : this.admissions.get(id);
    return admission !== undefined && admission.ends > this.now ? id : undefined;
  }

  /** When the right to hold ends, or why there is none (HO3). */
  #right(visitorId: string, admissionId: string): HoldDenial | number {
    if (this.settings.closed) return 'not_on_sale';
    if (admissionId === '' && this.settings.roomOff) return Number.POSITIVE_INFINITY;
    if (this.livingAdmission(visitorId) !== admissionId) return 'admission_ended';
    return this.admissions.get(admissionId)!.ends;
  }

  // Holding.

  /** What `hold-seats` has to answer; a hold that it grants has the fence given. */
  hold(
    request: {
      holdId: string;
      visitorId: string;
      admissionId: string;
      seats: readonly number[];
      add: boolean;
    },
    fence: number,
  ): { denied: HoldDenial; taken?: number[] } | { granted: ModelHold; again: boolean } {
    const { holdId, visitorId, admissionId, seats, add } = request;
    const right = this.#right(visitorId, admissionId);
    if (typeof right === 'string') return { denied: right };
    const hold = this.holds.get(holdId);
    if (hold !== undefined && hold.visitorId !== visitorId) return { denied: 'unknown_hold' };
    if (add) {
      if (hold === undefined) return { denied: 'unknown_hold' };
      if (hold.state === 'paying') return { denied: 'hold_paying' };
      if (hold.deadline <= this.now) return { denied: 'unknown_hold' };
    } else if (hold !== undefined) {
      return { granted: hold, again: true };
    }
    if (seats.some((seat) => seat < 0 || seat >= this.seats.length)) return { denied: 'unknown_seat' };
    const wanted = [...new Set(seats)].filter((seat) => !hold?.seats.includes(seat));
    if (wanted.length === 0) return { granted: hold!, again: true };
    if (this.#isOverLimit(visitorId, wanted.length)) return { denied: 'over_limit' };
    const taken = wanted.filter((seat) => this.seats[seat] !== SEAT_AVAILABLE);
    if (taken.length > 0) return { denied: 'seats_taken', taken };
    return { granted: this.#grant(request, wanted, right, fence), again: false };
  }

  /**
   * What `hold-best` has to answer. Where seats must be found, `chosen` are those that it took, and this judges
   * them (HO5).
   */
  holdBest(
    request: { holdId: string; visitorId: string; admissionId: string; count: number; scatter: boolean },
    fence: number,
    chosen: readonly number[] | undefined,
  ): { denied: HoldDenial } | { granted: ModelHold; again: boolean } {
    const { holdId, visitorId, admissionId, count, scatter } = request;
    const right = this.#right(visitorId, admissionId);
    if (typeof right === 'string') return { denied: right };
    const hold = this.holds.get(holdId);
    if (hold !== undefined && hold.visitorId !== visitorId) return { denied: 'unknown_hold' };
    if (hold !== undefined) return { granted: hold, again: true };
    if (this.isSoldOut) return { denied: 'sold_out' };
    if (this.count(SEAT_AVAILABLE) < count) return { denied: 'no_adjacent_seats' };
    if (this.#isOverLimit(visitorId, count)) return { denied: 'over_limit' };
    const windows = this.#windows(count);
    if (windows.length > 0) {
      // The first row in which anything fits, and in it the fewest single seats left over, then the middle.
      const row = Math.min(...windows.map((window) => window.row));
      const best = windows
        .filter((window) => window.row === row)
        .sort((a, b) => a.orphans - b.orphans || a.fromMiddle - b.fromMiddle || a.first - b.first)[0]!;
      const seats = Array.from({ length: count }, (_, at) => best.first + at);
      assert.deepEqual(chosen, seats, 'HO5 the best seats side by side');
    } else if (scatter) {
      assert.equal(new Set(chosen).size, count, 'HO5 scattered seats are as many as asked for');
      for (const seat of chosen!) assert.equal(this.seats[seat], SEAT_AVAILABLE, 'HO5 they were free');
    } else {
      return { denied: 'no_adjacent_seats' };
    }
    return { granted: this.#grant(request, [...chosen!], right, fence), again: false };
  }

  #windows(count: number) {
    const windows: { first: number; row: number; orphans: number; fromMiddle: number }[] = [];
    const isFree = (seat: number, row: number) =>
      Math.floor(seat / this.rowLength) === row && this.seats[seat] === SEAT_AVAILABLE;
    for (let row = 0; row * this.rowLength < this.seats.length; row++) {
      const start = row * this.rowLength;
      for (let first = start; first + count <= start + this.rowLength; first++) {
        if (Array.from({ length: count }, (_, at) => first + at).some((seat) => !isFree(seat, row))) continue;
        const before = isFree(first - 1, row) && !isFree(first - 2, row);
        const after = isFree(first + count, row) && !isFree(first + count + 1, row);
        const fromMiddle = Math.abs(first - (start + (this.rowLength - count) / 2));
        windows.push({ first, row, orphans: Number(before) + Number(after), fromMiddle });
      }
    }
    return windows;
  }

  #isOverLimit = (visitorId: string, more: number) =>
    this.heldBy(visitorId) + this.boughtBy(visitorId) + more > this.settings.seatsPerVisitorMax;

  #grant(
    { holdId, visitorId, admissionId }: { holdId: string; visitorId: string; admissionId: string },
    seats: number[],
    rightEnds: number,
    fence: number,
  ): ModelHold {
    for (const seat of seats) this.seats[seat] = SEAT_LOCKED;
    const had = this.holds.get(holdId);
    if (had !== undefined) {
      had.seats.push(...seats);
      return had;
    }
    const hold: ModelHold = {
      visitorId,
      admissionId,
      fence,
      deadline: Math.min(this.now + this.settings.holdMs, rightEnds),
      state: 'held',
      extended: false,
      orderId: '',
      left: 0,
      seats,
    };
    this.holds.set(holdId, hold);
    return hold;
  }

  #free(seats: readonly number[]): void {
    // SE2: only what was locked comes free.
    for (const seat of seats) if (this.seats[seat] === SEAT_LOCKED) this.seats[seat] = SEAT_AVAILABLE;
  }

  #end(holdId: string): void {
    const hold = this.holds.get(holdId)!;
    this.holds.delete(holdId);
    this.#free(hold.seats);
  }

  release(holdId: string, visitorId: string, seats: readonly number[]): string | number[] {
    const hold = this.holds.get(holdId);
    if (hold === undefined || hold.visitorId !== visitorId) return 'unknown_hold';
    if (hold.state === 'paying') return 'hold_paying';
    const given = hold.seats.filter((seat) => seats.length === 0 || seats.includes(seat));
    this.#free(given);
    hold.seats = hold.seats.filter((seat) => !given.includes(seat));
    if (hold.seats.length === 0) this.holds.delete(holdId);
    return given;
  }

  extend(holdId: string, visitorId: string): string | ModelHold {
    const hold = this.holds.get(holdId);
    if (hold === undefined || hold.visitorId !== visitorId) return 'unknown_hold';
    if (hold.state === 'paying') return 'hold_paying';
    if (hold.deadline <= this.now) return 'hold_expired';
    if (hold.extended) return 'already_extended';
    // HO7: its full time once more, never past its admission; a hold without one (no waiting room) has no such end.
    const ends =
      hold.admissionId === '' ? Number.POSITIVE_INFINITY : this.admissions.get(hold.admissionId)!.ends;
    hold.deadline = Math.max(hold.deadline, Math.min(this.now + this.settings.holdMs, ends));
    hold.extended = true;
    return hold;
  }

  /** HO8: the holds whose deadline has passed, in order of it. */
  releaseDue(): { latenessMs: number[]; nextDeadlineMs: number | null } {
    const due = this.#held().filter(([, hold]) => hold.deadline <= this.now);
    for (const [holdId] of due) this.#end(holdId);
    return {
      latenessMs: due.map(([, hold]) => this.now - hold.deadline),
      nextDeadlineMs: this.nextDeadline ?? null,
    };
  }

  get nextDeadline(): number | undefined {
    return this.#held()[0]?.[1].deadline;
  }

  #held = () =>
    [...this.holds].filter(([, hold]) => hold.state === 'held').sort((a, b) => a[1].deadline - b[1].deadline);

  // Paying.

  beginCheckout(holdId: string, visitorId: string, admissionId: string, orderId: string): string | ModelHold {
    const hold = this.holds.get(holdId);
    if (hold === undefined || hold.visitorId !== visitorId) return 'unknown_hold';
    if (hold.state === 'paying') return hold.orderId === orderId ? hold : 'hold_paying';
    if (hold.deadline <= this.now) return 'hold_expired';
    const withoutRoom = admissionId === '' && this.settings.roomOff;
    if (
      !withoutRoom &&
      (this.livingAdmission(visitorId) !== admissionId || hold.admissionId !== admissionId)
    ) {
      return 'admission_ended';
    }
    hold.left = hold.deadline - this.now;
    hold.deadline = this.now + this.settings.paymentMs;
    hold.state = 'paying';
    hold.orderId = orderId;
    return hold;
  }

  giveBack(holdId: string, orderId: string): void {
    const hold = this.holds.get(holdId);
    if (hold?.state !== 'paying' || hold.orderId !== orderId) return;
    const lives = this.livingAdmission(hold.visitorId) === hold.admissionId;
    const ends =
      hold.admissionId === ''
        ? Number.POSITIVE_INFINITY
        : lives
          ? this.admissions.get(hold.admissionId)!.ends
          : 0;
    if (ends <= this.now) {
      this.#end(holdId);
      return;
    }
    hold.deadline = Math.min(this.now + Math.max(hold.left, LEFT_MS_MIN), ends);
    hold.state = 'held';
    hold.orderId = '';
    hold.left = 0;
  }

  /** CK7. Returns how many seats were not sold before. */
  markSold(holdId: string, visitorId: string, admissionId: string, seats: readonly number[]): number {
    const hold = this.holds.get(holdId);
    const own = hold?.visitorId === visitorId ? hold : undefined;
    if (own !== undefined) this.holds.delete(holdId);
    const fresh = seats.filter((seat) => this.seats[seat] !== SEAT_SOLD);
    for (const seat of fresh) {
      this.seats[seat] = SEAT_SOLD;
      this.soldTo.set(seat, visitorId);
    }
    // Whoever else holds one of them never had the right to it.
    for (const [otherId, other] of [...this.holds]) {
      if (other.seats.some((seat) => fresh.includes(seat))) this.#end(otherId);
    }
    if (own !== undefined) this.#free(own.seats);
    if (fresh.length > 0) this.endAdmission(admissionId);
    return fresh.length;
  }

  /** CK8. Returns how many were sold. */
  unsell(seats: readonly number[]): number {
    const freed = seats.filter((seat) => this.seats[seat] === SEAT_SOLD);
    for (const seat of freed) {
      this.seats[seat] = SEAT_AVAILABLE;
      this.soldTo.delete(seat);
    }
    return freed.length;
  }

  // Admissions.

  enter(visitorId: string, admissionId: string): { again: boolean; expiresAtMs: number } {
    const living = this.livingAdmission(visitorId);
    if (living !== undefined) return { again: true, expiresAtMs: this.admissions.get(living)!.ends };
    const ends = this.now + this.settings.admissionMs;
    this.admissions.set(admissionId, { visitorId, ends });
    this.admissionOf.set(visitorId, admissionId);
    return { again: false, expiresAtMs: ends };
  }

  /** AD7: its unpaid holds are released, what is being paid for survives. */
  endAdmission(admissionId: string): boolean {
    const admission = this.admissions.get(admissionId);
    if (admission === undefined) return false;
    this.admissions.delete(admissionId);
    if (this.admissionOf.get(admission.visitorId) === admissionId)
      this.admissionOf.delete(admission.visitorId);
    for (const [holdId, hold] of [...this.holds]) {
      if (hold.admissionId === admissionId && hold.state === 'held') this.#end(holdId);
    }
    return true;
  }

  /** AD8. Returns how many were over. */
  tick(): number {
    const over = [...this.admissions].filter(([, { ends }]) => ends <= this.now);
    for (const [admissionId] of over) this.endAdmission(admissionId);
    return over.length;
  }

  // The operator.

  block(seats: readonly number[]): { changed: number[]; refused: number[] } {
    return this.#set(seats, SEAT_AVAILABLE, SEAT_BLOCKED);
  }

  unblock(seats: readonly number[]): { changed: number[]; refused: number[] } {
    return this.#set(seats, SEAT_BLOCKED, SEAT_AVAILABLE);
  }

  /** OP3: what is being paid for is spared. */
  releaseSeats(seats: readonly number[]): { changed: number[]; refused: number[] } {
    for (const [holdId, hold] of [...this.holds]) {
      if (hold.state === 'held' && hold.seats.some((seat) => seats.includes(seat))) this.#end(holdId);
    }
    return this.#set(seats, SEAT_AVAILABLE, SEAT_AVAILABLE);
  }

  #set(seats: readonly number[], from: SeatState, to: SeatState) {
    const changed = seats.filter((seat) => this.seats[seat] === from || this.seats[seat] === to);
    for (const seat of changed) this.seats[seat] = to;
    return { changed, refused: seats.filter((seat) => !changed.includes(seat)) };
  }

  // Coming back.

  /** What PostgreSQL knows: sold, blocked, and of what is being paid for that which `isClaimed` says. */
  facts(isClaimed: (holdId: string) => boolean) {
    const claimed = [...this.holds].filter(([holdId, hold]) => hold.state === 'paying' && isClaimed(holdId));
    const states = this.seats.map((state): SeatState => (state === SEAT_LOCKED ? SEAT_AVAILABLE : state));
    for (const [, hold] of claimed) for (const seat of hold.seats) states[seat] = SEAT_LOCKED;
    const bought: Record<string, number> = {};
    for (const buyer of this.soldTo.values()) bought[buyer] = (bought[buyer] ?? 0) + 1;
    return {
      bits: this.bits(states),
      bought,
      paying: claimed.map(([holdId, hold]) => ({
        holdId,
        visitorId: hold.visitorId,
        admissionId: hold.admissionId,
        fence: hold.fence,
        payByMs: hold.deadline,
        orderId: hold.orderId,
        seats: hold.seats,
      })),
      claimed: claimed.map(([holdId]) => holdId),
    };
  }

  /** FE6: PostgreSQL wins; of what Redis still knew (nothing, where it was wiped) all stays that can. */
  reload(claimed: readonly string[], wiped: boolean): void {
    for (const [holdId, hold] of [...this.holds]) {
      if (claimed.includes(holdId)) {
        // PostgreSQL does not keep these two.
        hold.left = 0;
        hold.extended = false;
        continue;
      }
      const lost = hold.seats.some((seat) => this.seats[seat] !== SEAT_LOCKED);
      if (wiped || lost) this.#end(holdId);
    }
    // Whoever was inside still is; one whose time is over, until the next tick.
    const inside = [...this.admissions].sort((a, b) => a[1].ends - b[1].ends);
    for (const [admissionId, { visitorId }] of inside) this.admissionOf.set(visitorId, admissionId);
    if (!wiped) return;
    this.admissions.clear();
    this.admissionOf.clear();
    this.nextNumber = 0;
  }
}
