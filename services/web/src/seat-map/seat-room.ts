/**
 * The room with the seat map as the page knows it: the socket's map and holds, what the visitor asks for, and
 * what is said about it. Everything that is shown of the map comes from here.
 */
import { SeatClient, type SeatClientState } from '../../../../shared/client/seat-client.ts';
import { SEAT_AVAILABLE } from '../../../../shared/domain/seat.ts';
import { CLOSE } from '../../../../shared/protocol/close-codes.ts';
import type { Admission, SeatMap } from '../../../../shared/protocol/http.ts';
import { readSeat, unpackSeats } from '../../../../shared/protocol/seat-bits.ts';
import type { HoldView, ServerMessage } from '../../../../shared/protocol/server-messages.ts';
import { api } from '../api.ts';
import { noteServerTime } from '../clock.ts';
import { Store } from '../store.ts';
import { refusal, words } from '../words.ts';
import type { MapData } from './house-bitmap.ts';
import { Scene, type SceneSection } from './scene.ts';
import { seatsUrlFor } from './seats-url.ts';

export type Toast = { readonly id: number; readonly text: string; readonly tone: 'info' | 'warn' };
export type OrderUpdate = Extract<ServerMessage, { type: 'order_updated' }>;

/** How long a remark stays. */
const TOAST_MS = 6_000;
/** How often the counts beside the map follow it. */
const PANEL_MS = 300;

/** What the canvas hears directly, change by change. */
export type MapEvents = {
  /** `flash`: others did it just now, so it is shown as news. */
  readonly onSeats: (seats: readonly number[], flash: boolean) => void;
  readonly onMap: () => void;
};

export class SeatRoom extends Store implements MapData {
  readonly map: SeatMap;
  readonly scene: Scene;
  states: Uint8Array;
  readonly freeBySection: Int32Array;
  readonly client: SeatClient;
  readonly admission: Admission;
  link: SeatClientState = { state: 'connecting' };
  /** When this visitor's turn ends. */
  turnEndsAtMs: number;
  pending: ReadonlySet<number> = new Set();
  toast: Toast | undefined;
  degraded = false;
  extended: ReadonlySet<string> = new Set();
  busy = false;
  lastOrder: OrderUpdate | undefined;
  events: MapEvents | undefined;
  /** Why the turn ended, once it did; a purchase ends it too. */
  over: 'ended' | 'revoked' | undefined;
  readonly #seatsMax: number;
  #work: Promise<unknown> = Promise.resolve();
  #toastTimer: ReturnType<typeof setTimeout> | undefined;
  #toastId = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(map: SeatMap, admission: Admission, seatsMax: number) {
    super();
    this.#seatsMax = seatsMax;
    this.map = map;
    this.scene = new Scene(map);
    this.states = new Uint8Array(map.seatCount);
    this.freeBySection = new Int32Array(this.scene.sections.length);
    this.admission = admission;
    this.turnEndsAtMs = admission.expiresAtMs;
    this.client = new SeatClient({
      url: seatsUrlFor(admission.seatsUrl, location.hostname, location.protocol),
      token: () => admission.admissionToken,
      protocol: 'binary',
    });
    this.#listen();
  }

  start(): void {
    this.client.connect();
  }

  stop(): void {
    clearTimeout(this.#toastTimer);
    clearTimeout(this.#soon);
    this.events = undefined;
    this.client.close();
  }

  /** The hold that grows with each seat and is paid for: the newest. */
  get hold(): HoldView | undefined {
    return this.client.holds.list().at(-1);
  }

  get ownSeats(): ReadonlySet<number> {
    return new Set(this.client.holds.list().flatMap(({ seats }) => [...seats]));
  }

  /** Takes a free seat, or gives an own one back. */
  toggle(seat: number): void {
    if (this.pending.has(seat)) return;
    const hold = this.client.holds.holdOf(seat);
    if (hold !== undefined) this.release([seat]);
    else if (this.states[seat] === SEAT_AVAILABLE) this.#holdSeats([seat]);
    else this.say(words.map.notFree[this.states[seat] ?? 0]!, 'info');
  }

  release(seats: readonly number[]): void {
    this.#do(seats, async () => {
      const hold = this.client.holds.holdOf(seats[0]!);
      if (hold !== undefined) await this.client.release(hold.holdId, seats);
    });
  }

  /** Any places of a general-admission section: they are alike, so which is left to chance. */
  addPlaces(section: SceneSection, count: number): void {
    const free: number[] = [];
    for (let seat = section.first; seat < section.end; seat++) {
      if (this.states[seat] === SEAT_AVAILABLE && !this.pending.has(seat)) free.push(seat);
    }
    if (free.length < count) {
      this.say(words.refused.sold_out!, 'warn');
      return;
    }
    const hold = this.hold;
    if (hold === undefined) {
      this.#do([], () => this.client.holdBest({ count, sectionId: section.section.id }));
      return;
    }
    // Neighbouring places: everybody who takes the first free one would meet everybody else there.
    const from = Math.floor(Math.random() * (free.length - count + 1));
    this.#holdSeats(free.slice(from, from + count));
  }

  removePlaces(section: SceneSection, count: number): void {
    const own = [...this.ownSeats].filter((seat) => seat >= section.first && seat < section.end);
    if (own.length > 0) this.release(own.slice(-count));
  }

  /** The best seats there are, in place of those chosen so far. */
  best(count: number, categoryId: string | undefined): void {
    this.#do([], async () => {
      const before = this.hold;
      const request = { count, ...(categoryId !== undefined && { categoryId }) };
      try {
        await this.client.holdBest(request);
        if (before !== undefined) await this.client.release(before.holdId);
      } catch (error) {
        // Both at once may be more than one visitor may have: then the old seats have to go first.
        if ((error as { code?: string }).code !== 'over_limit' || before === undefined) throw error;
        await this.client.release(before.holdId);
        await this.client.holdBest(request);
      }
    });
  }

  extend(): void {
    const hold = this.hold;
    if (hold === undefined) return;
    this.#do([], async () => {
      try {
        await this.client.extend(hold.holdId);
        this.say(words.map.extended, 'info');
      } finally {
        this.extended = new Set([...this.extended, hold.holdId]);
      }
    });
  }

  say(text: string, tone: Toast['tone']): void {
    clearTimeout(this.#toastTimer);
    this.toast = { id: ++this.#toastId, text, tone };
    this.#toastTimer = setTimeout(() => this.hush(), TOAST_MS);
    this.changed();
  }

  hush(): void {
    this.toast = undefined;
    this.changed();
  }

  /** The answer to an order may come here before HTTP has it. */
  async orderStatus(orderId: string): Promise<OrderUpdate | undefined> {
    if (this.lastOrder?.orderId === orderId && this.lastOrder.status !== 'pending') return this.lastOrder;
    const { status, failure } = await api.orderView(orderId);
    return { type: 'order_updated', orderId, status, ...(failure && { failure }) };
  }

  #holdSeats(seats: readonly number[]): void {
    this.#do(seats, () => this.client.hold(seats, this.hold?.holdId));
  }

  /** One wish after the other: the second seat belongs to the hold that the first one made. */
  #do(seats: readonly number[], wish: () => Promise<unknown>): void {
    this.pending = new Set([...this.pending, ...seats]);
    this.busy = true;
    this.changed();
    const work = this.#work.then(wish).catch((error: unknown) => this.say(this.#refusal(error), 'warn'));
    this.#work = work;
    void work.then(() => {
      this.pending = new Set([...this.pending].filter((seat) => !seats.includes(seat)));
      this.busy = this.#work !== work;
      this.changed();
    });
  }

  #refusal(error: unknown): string {
    const isOver = (error as { code?: string }).code === 'over_limit';
    return isOver ? words.map.overLimit(this.#seatsMax) : refusal(error);
  }

  #listen(): void {
    const { client } = this;
    client.on('welcome', ({ serverTimeMs, admissionExpiresAtMs }) => {
      noteServerTime(serverTimeMs);
      this.turnEndsAtMs = admissionExpiresAtMs;
    });
    client.on('map', ({ bits, seatCount }) => {
      this.states = unpackSeats(bits, Math.min(seatCount, this.map.seatCount));
      this.#countAll();
      this.events?.onMap();
      this.changed();
    });
    client.on('change', (seats) => {
      const own = this.ownSeats;
      for (const seat of seats) this.#setState(seat, readSeat(client.feed.bits, seat));
      const others = seats.filter((seat) => !own.has(seat) && !this.pending.has(seat));
      this.events?.onSeats(seats, others.length === seats.length);
      this.#changedSoon();
    });
    client.on('holds', () => this.changed());
    client.on('hold_ended', ({ reason }) => {
      if (reason === 'expired') this.say(words.holdExpired, 'warn');
      if (reason === 'revoked') this.say(words.holdRevoked, 'warn');
    });
    client.on('order', (update) => {
      this.lastOrder = update;
      this.changed();
    });
    client.on('notice', ({ code, message }) => {
      if (code === 'degraded') this.degraded = true;
      else if (code === 'recovered') this.degraded = false;
      else this.say(message, code === 'closing_soon' ? 'warn' : 'info');
      this.changed();
    });
    client.on('state', (state) => {
      this.link = state;
      if (state.state === 'ended' && state.code !== 1000) {
        this.over = state.code === CLOSE.admissionRevoked ? 'revoked' : 'ended';
      }
      this.changed();
    });
  }

  /** The canvas follows each change; the panel beside it, a few times a second. */
  #changedSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.changed();
    }, PANEL_MS);
  }

  #setState(seat: number, state: number): void {
    if (seat >= this.states.length) return;
    const section = this.scene.sectionOf[seat]!;
    if (this.states[seat] === SEAT_AVAILABLE) this.freeBySection[section]!--;
    if (state === SEAT_AVAILABLE) this.freeBySection[section]!++;
    this.states[seat] = state;
  }

  #countAll(): void {
    this.freeBySection.fill(0);
    for (let seat = 0; seat < this.states.length; seat++) {
      if (this.states[seat] === SEAT_AVAILABLE) this.freeBySection[this.scene.sectionOf[seat]!]!++;
    }
  }
}
