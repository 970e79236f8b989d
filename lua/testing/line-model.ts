/** The line of one event by the rules, in plain data: what the scripts of the line are held against. */
import { type OnSaleState, onSaleState } from '../../shared/domain/on-sale.ts';
import { latestWaitMs, type PlaceState } from '../../shared/domain/place.ts';

export type LineSettings = {
  capacity: number;
  ratePerMinute: number;
  admissionMs: number;
  claimMs: number;
  roomOff: boolean;
  paused: boolean;
  inventoryAware: boolean;
  closedAtMs: number | null;
  lobbyOpensAtMs: number | null;
  opensAtMs: number | null;
};

/** Seats that each one inside is thought to want, in thousandths. */
const SEATS_PER_ADMISSION_MILLI = 1_500;
/** Silence is counted in windows: who was heard in this one or the two before is there. */
const WINDOW_MS = 30_000;

/** The lobby and what its draw made of it. */
export type ModelDraw = {
  state: 'lobby' | 'frozen' | 'drawn';
  readonly first: number;
  count: number;
  present: Set<number>;
  /** Join numbers of those who left between the closing and the draw. */
  leavers: number[];
  /** What the draw made of each of the lobby's numbers. */
  numbers: Map<number, number>;
  atMs: number;
};

/** Those who were drawn count as present for this long. */
const DRAWN_PRESENT_MS = 90_000;

export type Admitted = { readonly number: number; readonly visitorId: string; readonly ends: number };

export class LineModel {
  now: number;
  readonly settings: LineSettings;
  availableSeats: number;
  nextNumber = 0;
  calledThrough = 0;
  tokensMilli = 1e12;
  tokensAtMs: number;
  draw: ModelDraw | undefined;
  /** The number that each visitor's join was given; numbers are never given twice. */
  numberOf = new Map<string, number>();
  /** Number to the end of its claim window. */
  called = new Map<number, number>();
  admitted = new Map<number, Admitted>();
  gone = new Set<number>();
  lapsed = new Set<number>();
  /** The window in which a number was heard last. */
  #heardIn = new Map<number, number>();
  /** Every number that was called, with the moment. */
  readonly calls: { number: number; atMs: number }[] = [];

  constructor(now: number, seats: number, settings: LineSettings) {
    this.now = now;
    this.availableSeats = seats;
    this.settings = settings;
    this.tokensAtMs = now;
  }

  /** Redis was wiped: a new line. */
  forget(): void {
    this.draw = undefined;
    this.nextNumber = 0;
    this.calledThrough = 0;
    this.tokensMilli = 1e12;
    this.tokensAtMs = this.now;
    for (const each of [this.numberOf, this.called, this.admitted, this.gone, this.lapsed, this.#heardIn])
      each.clear();
  }

  get state(): OnSaleState {
    return onSaleState(this.settings, { available: this.availableSeats, locked: 0 }, this.now);
  }

  /** The state as the line shows it: the lobby lasts until it is drawn. */
  get lineState(): OnSaleState {
    const undrawn = this.draw !== undefined && this.draw.state !== 'drawn';
    return undrawn && ['open', 'paused', 'sold_out'].includes(this.state) ? 'lobby' : this.state;
  }

  /** By which number a visitor goes now. */
  numberFor(visitorId: string): number | undefined {
    const joined = this.numberOf.get(visitorId);
    return joined === undefined ? undefined : (this.draw?.numbers.get(joined) ?? joined);
  }

  /** AD13 AD17: whoever is not there when the on-sale opens has lost the place. */
  #closeLobby(): void {
    const { draw } = this;
    if (draw?.state !== 'lobby' || ['lobby', 'scheduled', 'closed'].includes(this.state)) return;
    draw.count = this.nextNumber - draw.first + 1;
    if (draw.count === 0) this.draw = undefined;
    draw.state = 'frozen';
    for (let number = draw.first; number <= this.nextNumber; number++) {
      if (this.gone.has(number)) continue;
      if (this.isPresent(number)) draw.present.add(number);
      else {
        this.gone.add(number);
        this.lapsed.add(number);
      }
    }
  }

  /** AD13 AD18 */
  publish(numbers: Iterable<number>): void {
    const draw = this.draw!;
    draw.state = 'drawn';
    draw.atMs = this.now;
    draw.numbers = new Map([...numbers].map((number, at) => [draw.first + at, number]));
    for (const joined of draw.leavers) this.gone.delete(joined);
    for (const joined of draw.leavers) this.gone.add(draw.numbers.get(joined)!);
  }

  #isLate = (number: number) => this.draw?.state === 'frozen' && number >= this.draw.first + this.draw.count;

  isWaiting = (number: number) =>
    number > this.calledThrough && number <= this.nextNumber && !this.gone.has(number);

  /** How many of the numbers from `from` to `to` wait. */
  waitingIn(from: number, to: number): number {
    let count = 0;
    for (let number = from; number <= to; number++) if (this.isWaiting(number)) count += 1;
    return count;
  }

  get waiting(): number {
    return this.waitingIn(1, this.nextNumber);
  }

  hear(number: number): void {
    this.#heardIn.set(number, Math.floor(this.now / WINDOW_MS));
  }

  isPresent(number: number): boolean {
    const { draw } = this;
    if (draw?.state === 'drawn' && draw.numbers.has(number) && this.now < draw.atMs + DRAWN_PRESENT_MS)
      return true;
    return (this.#heardIn.get(number) ?? 0) >= Math.floor(this.now / WINDOW_MS) - 2;
  }

  stateOf(number: number): PlaceState {
    if (number > this.calledThrough) {
      if (this.gone.has(number)) return this.lapsed.has(number) ? 'expired' : 'left';
      const waitsForDraw = this.lineState === 'lobby' && !this.#isLate(number);
      return waitsForDraw || this.state === 'scheduled' ? 'lobby' : 'waiting';
    }
    const claimBy = this.called.get(number);
    if (claimBy !== undefined) return claimBy > this.now ? 'called' : 'expired';
    const admitted = this.admitted.get(number);
    if (admitted !== undefined) return admitted.ends > this.now ? 'admitted' : 'expired';
    return this.gone.has(number) && !this.lapsed.has(number) ? 'left' : 'expired';
  }

  /** What a visitor is told, but for the estimate. The bound is undefined where called ones make it inexact. */
  place(number: number) {
    const state = this.stateOf(number);
    const waiting = state === 'waiting';
    const ahead = this.waitingIn(this.calledThrough + 1, number - 1);
    const tellable = waiting && this.lineState === 'open' && this.settings.ratePerMinute > 0;
    return {
      state,
      number,
      position: waiting ? ahead + 1 : null,
      claimByMs: state === 'called' ? this.called.get(number)! : null,
      latestWaitMs:
        state === 'called' ? 0 : !tellable ? null : this.called.size > 0 ? undefined : this.#bound(ahead),
    };
  }

  /** The (ahead mod capacity)-th slot in order of their ends, where a free one ends now. */
  #bound(ahead: number): number {
    const { capacity, admissionMs } = this.settings;
    const ends = [...this.admitted.values()].map((each) => each.ends).sort((a, b) => a - b);
    const free = Math.max(0, capacity - ends.length);
    const slots = [...Array.from({ length: free }, () => this.now), ...ends].slice(
      Math.max(0, ends.length - capacity) === 0 ? 0 : ends.length - capacity,
    );
    return latestWaitMs(ahead, capacity, slots[ahead % capacity]!, admissionMs, this.now);
  }

  /** A number, the one it has or a new one at the end (AD1, AD10); undefined where nobody may join. */
  join(visitorId: string | null, newId: (number: number) => string): number | undefined {
    this.#closeLobby();
    const had = visitorId === null ? undefined : this.numberFor(visitorId);
    if (had !== undefined && !['left', 'expired'].includes(this.stateOf(had))) {
      this.hear(had);
      return had;
    }
    if (this.state === 'scheduled' || this.state === 'closed') return undefined;
    if (this.state === 'lobby') {
      this.draw ??= {
        state: 'lobby',
        first: this.nextNumber + 1,
        count: 0,
        present: new Set(),
        leavers: [],
        numbers: new Map(),
        atMs: 0,
      };
    }
    const number = ++this.nextNumber;
    this.numberOf.set(visitorId ?? newId(number), number);
    this.hear(number);
    this.#callNext();
    return number;
  }

  enter(visitorId: string): 'no_place' | 'not_called' | 'place_expired' | (Admitted & { again: boolean }) {
    const number = this.numberFor(visitorId);
    if (number === undefined) return 'no_place';
    if (this.stateOf(number) === 'waiting') {
      this.hear(number);
      this.#callNext();
    }
    const state = this.stateOf(number);
    if (state === 'waiting' || state === 'lobby') return 'not_called';
    if (state === 'left' || state === 'expired') return 'place_expired';
    if (state === 'admitted') return { ...this.admitted.get(number)!, again: true };
    this.called.delete(number);
    const admitted = { number, visitorId, ends: this.now + this.settings.admissionMs };
    this.admitted.set(number, admitted);
    return { ...admitted, again: false };
  }

  leave(visitorId: string): 'left' | 'no_place' {
    this.#closeLobby();
    const number = this.numberFor(visitorId);
    if (number === undefined) return 'no_place';
    const state = this.stateOf(number);
    if (state === 'left' || state === 'expired') return 'left';
    if (this.draw?.state === 'frozen' && this.draw.present.has(number)) this.draw.leavers.push(number);
    this.called.delete(number);
    this.admitted.delete(number);
    this.gone.add(number);
    this.#callNext();
    return 'left';
  }

  endAdmission(number: number, reason: 'left' | 'bought' | 'revoked'): boolean {
    if (!this.admitted.delete(number)) return false;
    (reason === 'revoked' ? this.lapsed : this.gone).add(number);
    this.#callNext();
    return true;
  }

  tick(): { noShows: number; timedOut: number; called: number[]; nextAtMs: number | null } {
    this.#closeLobby();
    const late = [...this.called].filter(([, by]) => by <= this.now);
    for (const [number] of late) this.called.delete(number);
    const over = [...this.admitted.values()].filter(({ ends }) => ends <= this.now);
    for (const { number } of over) this.admitted.delete(number);
    for (const number of [...late.map(([each]) => each), ...over.map((each) => each.number)])
      this.lapsed.add(number);
    const tokens = [this.tokensMilli, this.tokensAtMs] as const;
    const before = this.calledThrough;
    const called = this.#callNext();
    // A tick in which nothing happened is not written down.
    if (late.length + over.length === 0 && this.calledThrough === before)
      [this.tokensMilli, this.tokensAtMs] = tokens;
    const moments = [
      ...this.called.values(),
      ...[...this.admitted.values()].map(({ ends }) => ends),
      this.settings.opensAtMs ?? 0,
    ].filter((moment) => moment > this.now);
    const nextAtMs = moments.length === 0 ? null : Math.min(...moments);
    return { noShows: late.length, timedOut: over.length, called, nextAtMs };
  }

  /** AD2 to AD5: in order of numbers, while there are slots and tokens; who is absent loses the turn. */
  #callNext(): number[] {
    const calledNow: number[] = [];
    if (this.lineState !== 'open' || this.calledThrough >= this.nextNumber) return calledNow;
    const { capacity, ratePerMinute, roomOff, inventoryAware, claimMs } = this.settings;
    const gained = ((this.now - this.tokensAtMs) * ratePerMinute) / 60;
    const depth = ratePerMinute === 0 ? 0 : Math.max(1_000, (ratePerMinute * 1_000) / 60);
    this.tokensMilli = Math.min(depth, this.tokensMilli + gained);
    this.tokensAtMs = this.now;
    const inside = this.admitted.size + this.called.size;
    let slots = capacity - inside;
    if (inventoryAware) {
      // AD12: nobody is called for seats that those inside will need; none are held here.
      const left = this.availableSeats * 1_000 - inside * SEATS_PER_ADMISSION_MILLI;
      slots = Math.min(slots, Math.ceil(left / SEATS_PER_ADMISSION_MILLI));
    }
    if (roomOff) slots = Number.POSITIVE_INFINITY;
    while (this.calledThrough < this.nextNumber && slots >= 1 && (roomOff || this.tokensMilli >= 1_000)) {
      const number = ++this.calledThrough;
      if (this.gone.has(number)) continue;
      if (!this.isPresent(number)) {
        this.lapsed.add(number);
        continue;
      }
      this.called.set(number, this.now + claimMs);
      this.calls.push({ number, atMs: this.now });
      calledNow.push(number);
      slots -= 1;
      if (!roomOff) this.tokensMilli -= 1_000;
    }
    return calledNow;
  }
}
