/**
 * The seat-map client that the page, the load tests and the tests use: keeps the map of one event up to
 * date, asks for seats, and comes back by itself when the connection is lost.
 *
 * Its life is one union of states: `connecting` -> `live`, from there `resyncing` while a gap is mended and
 * `reconnecting` while there is no connection, and `ended` once the house said not to come back (close codes
 * 4500 and up), the token source refused, or `close` was called.
 */
import type { ClientMessage } from '../protocol/client-messages.ts';
import { CLOSE, mayReconnect } from '../protocol/close-codes.ts';
import type { HoldView, ServerMessage } from '../protocol/server-messages.ts';
import { backOffMs } from './back-off.ts';
import { Emitter } from './emitter.ts';
import { Heartbeat } from './heartbeat.ts';
import { OwnHolds } from './own-holds.ts';
import { PendingRequests, SeatError } from './pending-requests.ts';
import { type FeedResult, SeatFeed } from './seat-feed.ts';
import { type Incoming, type SeatProtocol, SeatSocket, type WebSocketConstructor } from './seat-socket.ts';

type Message<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

export type SeatClientState =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'resyncing' }
  | { readonly state: 'reconnecting'; readonly code: number; readonly waitMs: number }
  | { readonly state: 'ended'; readonly code: number; readonly reason: string };

export type SeatClientEvents = {
  welcome: Message<'welcome'>;
  /** The whole map is new. */
  map: SeatFeed;
  /** These seats have a new state. */
  change: readonly number[];
  /** The own holds are others than before. */
  holds: readonly HoldView[];
  /** A hold lost seats, with the reason. */
  hold_ended: Message<'hold_ended'>;
  order: Message<'order_updated'>;
  notice: Message<'notice'>;
  state: SeatClientState;
};

export type SeatClientOptions = {
  /** `ws://host:8081/events/7`. */
  readonly url: string;
  /** Asked before each attempt. Throwing an error whose `retryable` is false ends the client. */
  readonly token: () => Promise<string> | string;
  readonly protocol?: SeatProtocol;
  /** Absent: the platform's own. */
  readonly WebSocket?: WebSocketConstructor;
  /** How long an answer may take. */
  readonly requestTimeoutMs?: number;
  readonly silenceMs?: number;
  readonly pongMs?: number;
  readonly random?: () => number;
};

export type BestRequest = {
  readonly count: number;
  readonly sectionId?: string;
  readonly categoryId?: string;
};

/** Longest wait after a restart whose close named none. */
const RESTART_WAIT_MAX_MS = 5_000;

export class SeatClient extends Emitter<SeatClientEvents> {
  readonly feed = new SeatFeed();
  readonly holds = new OwnHolds();
  readonly #options: SeatClientOptions;
  readonly #pending = new PendingRequests();
  readonly #heartbeat: Heartbeat;
  #state: SeatClientState = { state: 'connecting' };
  #socket: SeatSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #admissionExpiresAtMs: number | undefined;
  /** Server time minus own time, from the last welcome. */
  clockOffsetMs = 0;

  constructor(options: SeatClientOptions) {
    super();
    this.#options = options;
    this.#heartbeat = new Heartbeat({
      silenceMs: options.silenceMs ?? 25_000,
      answerMs: options.pongMs ?? 10_000,
      // Nobody waits for this pong in particular: anything that is heard counts.
      ping: () => this.#send({ type: 'ping', ref: 0 }),
      onDead: () => this.#socket?.abandon(1006, 'no answer'),
    });
  }

  get state(): SeatClientState {
    return this.#state;
  }

  /** Connects; once is enough. */
  connect(): this {
    if (this.#socket === undefined && this.#state.state === 'connecting') void this.#open();
    return this;
  }

  /** Leaves for good. The admission stays as it is. */
  close(): void {
    this.#end(1000, 'closed');
  }

  /** Holds these seats, all or none; with `holdId` they are added to that hold and its deadline stays. */
  hold(seats: readonly number[], holdId?: string): Promise<HoldView> {
    return this.#ask((ref) => ({
      type: 'hold',
      ref,
      seats: [...seats],
      ...(holdId !== undefined && { holdId }),
    }));
  }

  /** Holds the best seats that are free, together where possible, as a new hold. */
  holdBest(request: BestRequest): Promise<HoldView> {
    return this.#ask((ref) => ({ type: 'hold_best', ref, ...request }));
  }

  /** Prolongs a hold; the house allows it once. */
  extend(holdId: string): Promise<HoldView> {
    return this.#ask((ref) => ({ type: 'extend', ref, holdId }));
  }

  /** Gives seats of a hold back; all of them where none are named. */
  release(holdId: string, seats?: readonly number[]): Promise<Message<'hold_ended'>> {
    return this.#ask((ref) => ({ type: 'release', ref, holdId, ...(seats && { seats: [...seats] }) }));
  }

  /** The way there and back, in milliseconds. */
  async ping(): Promise<number> {
    const start = performance.now();
    await this.#ask<Message<'pong'>>((ref) => ({ type: 'ping', ref }));
    return performance.now() - start;
  }

  #ask<Answer>(message: (ref: number) => ClientMessage): Promise<Answer> {
    if (!this.#socket?.isOpen) {
      const code = this.#state.state === 'ended' ? 'ended' : 'disconnected';
      return Promise.reject(new SeatError(code, 'There is no connection to the seat map.'));
    }
    return this.#pending.ask(this.#options.requestTimeoutMs ?? 10_000, (ref) => this.#send(message(ref)));
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.isOpen) this.#socket.send(message);
  }

  async #open(): Promise<void> {
    this.#retry = undefined;
    let token: string;
    try {
      token = await this.#options.token();
    } catch (error) {
      const fault = error as { retryable?: boolean; code?: string };
      if (fault.retryable === false) this.#end(CLOSE.admissionEnded, fault.code ?? 'token refused');
      else this.#comeBack(1006, 'no token');
      return;
    }
    if (this.#state.state === 'ended') return;
    this.#socket = new SeatSocket({
      WebSocket: this.#options.WebSocket ?? platformWebSocket(),
      url: this.#options.url,
      token,
      protocol: this.#options.protocol ?? 'binary',
      resume: this.feed.resumePoint,
      onMessage: (message) => this.#receive(message),
      onNonsense: () => this.#follow({ kind: 'gap' }),
      onClose: (code, reason, opened) => this.#lost(code, reason, opened),
    });
  }

  #receive(message: Incoming): void {
    this.#heartbeat.heard();
    switch (message.type) {
      case 'welcome':
        this.#welcome(message);
        break;
      case 'snapshot':
        this.#follow(this.feed.applySnapshot(message));
        break;
      case 'delta':
        this.#follow(this.feed.applyDelta(message));
        break;
      case 'hold_granted':
        this.#pending.answer(message.ref, this.holds.grant(message));
        this.emit('holds', this.holds.list());
        break;
      case 'hold_ended':
        this.holds.end(message);
        this.#pending.answer(message.ref, message);
        this.emit('holds', this.holds.list());
        this.emit('hold_ended', message);
        break;
      case 'hold_denied':
        this.#pending.refuse(message.ref, new SeatError(message.code, message.code, message.taken));
        break;
      case 'error':
        this.#pending.refuse(message.ref, new SeatError(message.code, message.message));
        break;
      case 'pong':
        this.#pending.answer(message.ref, message);
        break;
      case 'order_updated':
        this.emit('order', message);
        break;
      case 'notice':
        this.emit('notice', message);
        break;
    }
  }

  #welcome(welcome: Message<'welcome'>): void {
    this.#failures = 0;
    this.#admissionExpiresAtMs = welcome.admissionExpiresAtMs;
    this.clockOffsetMs = welcome.serverTimeMs - Date.now();
    this.holds.replaceAll(welcome.holds);
    this.emit('welcome', welcome);
    this.emit('holds', this.holds.list());
    this.#follow(this.feed.applyWelcome(welcome));
  }

  #follow(result: FeedResult): void {
    if (result.kind === 'gap') this.#send({ type: 'resync' });
    if (result.kind === 'map') this.emit('map', this.feed);
    if (result.kind === 'changed' && result.seats.length > 0) this.emit('change', result.seats);
    if (this.feed.isWhole) this.#become({ state: 'live' });
    else if (this.#state.state === 'live') this.#become({ state: 'resyncing' });
  }

  #lost(code: number, reason: string, opened: boolean): void {
    this.#heartbeat.stop();
    this.#socket = undefined;
    this.#pending.refuseAll(new SeatError('disconnected', 'The connection was lost before the answer.'));
    if (!mayReconnect(code)) {
      this.#end(code, reason);
      return;
    }
    // A refused upgrade does not say why. After the deadline there is only one reason.
    const now = Date.now() + this.clockOffsetMs;
    const over = this.#admissionExpiresAtMs !== undefined && now >= this.#admissionExpiresAtMs;
    if (!opened && over) this.#end(CLOSE.admissionEnded, 'admission over');
    else this.#comeBack(code, reason);
  }

  #comeBack(code: number, reason: string): void {
    if (this.#state.state === 'ended') return;
    this.#failures += 1;
    const random = this.#options.random ?? Math.random;
    const waitMs =
      code === CLOSE.restarting ? restartWaitMs(reason, random) : backOffMs(this.#failures, random);
    this.#become({ state: 'reconnecting', code, waitMs });
    this.#retry = setTimeout(() => void this.#open(), waitMs);
  }

  #end(code: number, reason: string): void {
    if (this.#state.state === 'ended') return;
    clearTimeout(this.#retry);
    this.#heartbeat.stop();
    this.#become({ state: 'ended', code, reason });
    this.#pending.refuseAll(new SeatError('ended', 'The connection to the seat map has ended.'));
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.abandon(code, reason);
  }

  #become(next: SeatClientState): void {
    if (this.#state.state === 'ended') return;
    if (next.state === 'live' && this.#state.state === 'live') return;
    this.#state = next;
    this.emit('state', next);
  }
}

/** A house that restarts says in the close reason how many milliseconds to stay away. */
function restartWaitMs(reason: string, random: () => number): number {
  const told = /\d+/.exec(reason);
  return told === null ? Math.floor(random() * RESTART_WAIT_MAX_MS) : Math.min(Number(told[0]), 60_000);
}

function platformWebSocket(): WebSocketConstructor {
  const own = (globalThis as { WebSocket?: unknown }).WebSocket;
  if (own === undefined) throw new Error('This platform has no WebSocket: pass one.');
  return own as WebSocketConstructor;
}
