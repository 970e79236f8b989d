/**
 * The waiting-room client: follows the board and the own place by server-sent events, and by polling where
 * they do not get through (some proxies hold a stream back until it ends). The place between two exact
 * answers is worked out from the board: own-place.ts.
 */
import type { Place } from '../domain/place.ts';
import type { Board } from '../protocol/http.ts';
import { backOffMs } from './back-off.ts';
import { Emitter } from './emitter.ts';
import { readEventStream } from './event-stream.ts';
import { type ApiError, readError } from './http-client.ts';
import { needsExactPlace, placeOnBoard } from './own-place.ts';
import type { UsherApi } from './usher-api.ts';

export type LineEvents = {
  place: Place;
  board: Board;
  /** How news come in; `offline` while they do not. */
  link: 'stream' | 'polling' | 'offline';
  /** No place in this line: never joined, or forgotten. */
  no_place: undefined;
};

export type LineClientOptions = {
  readonly api: UsherApi;
  readonly eventId: number;
  /** Where there is no cookie. */
  readonly visitorToken?: string;
  /** Polling only. */
  readonly withoutStream?: boolean;
  readonly pollMs?: number;
  /**
   * How often the exact place is asked for while nothing happens. Absent: rarely beside a stream, which shows
   * the house that somebody is there; well within the 60 s that count as absence where there is none.
   */
  readonly exactMs?: number;
  readonly random?: () => number;
};

/** The first board comes at once: where it does not, the stream is held back somewhere. */
const STREAM_FIRST_MS = 8_000;
/** Later the house says something every 15 s, if only a comment. */
const STREAM_SILENCE_MS = 40_000;
/** Failures of the stream in a row after which polling takes over. */
const STREAM_FAILURES_MAX = 3;
const EXACT_STREAM_MS = 90_000;
const EXACT_POLL_MS = 20_000;
/** Not more often than this, whatever the boards say. */
const EXACT_PAUSE_MS = 3_000;
/** All who wait learn of the opening at once; their exact questions are spread over this. */
const EXACT_SPREAD_MS = 1_500;

export class LineClient extends Emitter<LineEvents> {
  readonly #options: LineClientOptions;
  readonly #random: () => number;
  #stopped = new AbortController();
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #exactTimer: ReturnType<typeof setTimeout> | undefined;
  #link: LineEvents['link'] = 'offline';
  #askedAtMs = 0;
  #isSoon = false;
  place: Place | undefined;
  board: Board | undefined;

  constructor(options: LineClientOptions) {
    super();
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** Begins to follow. A place that is known already (from joining) saves the first question. */
  start(place?: Place): this {
    if (place === undefined) void this.#askExact();
    else this.#setPlace(place);
    void this.#follow();
    return this;
  }

  /** Ends everything. Does not leave the line. */
  stop(): void {
    this.#stopped.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async #follow(): Promise<void> {
    let failures = this.#options.withoutStream ? STREAM_FAILURES_MAX : 0;
    while (!this.#stopped.signal.aborted) {
      if (failures >= STREAM_FAILURES_MAX) return this.#poll();
      const heard = await this.#stream();
      if (this.#stopped.signal.aborted) return;
      failures = heard ? 1 : failures + 1;
      this.#setLink('offline');
      await this.#sleep(backOffMs(failures, this.#random));
      if (!this.#stopped.signal.aborted) void this.#askExact();
    }
  }

  /** One connection of the stream; whether anything came through it. */
  async #stream(): Promise<boolean> {
    const attempt = new AbortController();
    const signal = AbortSignal.any([attempt.signal, this.#stopped.signal]);
    let silence: ReturnType<typeof setTimeout> | undefined;
    let heard = false;
    const alive = () => {
      clearTimeout(silence);
      silence = setTimeout(() => attempt.abort(), heard ? STREAM_SILENCE_MS : STREAM_FIRST_MS);
    };
    try {
      alive();
      const response = await this.#options.api.http.send('GET', `${this.#path}/stream`, {
        bearer: this.#options.visitorToken,
        headers: { accept: 'text/event-stream' },
        signal,
      });
      if (!response.ok || response.body === null) throw await readError(response);
      await readEventStream(
        response.body,
        ({ name, data }) => {
          heard = true;
          this.#setLink('stream');
          if (name === 'board') this.#setBoard(JSON.parse(data) as Board);
          if (name === 'place') this.#setPlace(JSON.parse(data) as Place);
        },
        alive,
      );
    } catch {
      // Ended, refused or silent: whichever it was, the caller comes back or polls.
    } finally {
      clearTimeout(silence);
      attempt.abort();
    }
    return heard;
  }

  async #poll(): Promise<void> {
    const pollMs = this.#options.pollMs ?? 2_000;
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      try {
        this.#setBoard(await this.#options.api.board(this.#options.eventId));
        this.#setLink('polling');
        failures = 0;
      } catch {
        failures += 1;
        this.#setLink('offline');
      }
      const jitter = pollMs * (0.75 + this.#random() / 2);
      await this.#sleep(failures === 0 ? jitter : Math.max(pollMs, backOffMs(failures, this.#random)));
    }
  }

  /** The exact place, now. */
  refresh(): Promise<void> {
    return this.#askExact();
  }

  async #askExact(): Promise<void> {
    clearTimeout(this.#exactTimer);
    this.#exactTimer = undefined;
    this.#askedAtMs = Date.now();
    try {
      const place = await this.#options.api.http.get<Place>(`${this.#path}/me`, {
        bearer: this.#options.visitorToken,
        signal: this.#stopped.signal,
      });
      this.#setPlace(place);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      const { code, status } = error as ApiError;
      if (code === 'no_place' || status === 401) this.emit('no_place', undefined);
      else this.#exactIn(backOffMs(3, this.#random) + 1_000);
    }
  }

  #exactIn(ms: number): void {
    if (this.#exactTimer !== undefined || this.#stopped.signal.aborted) return;
    const timer = this.#later(ms, () => void this.#askExact());
    this.#exactTimer = timer;
  }

  #setPlace(place: Place): void {
    if (this.#stopped.signal.aborted) return;
    clearTimeout(this.#exactTimer);
    this.#exactTimer = undefined;
    this.place = place;
    this.emit('place', place);
    if (place.state === 'left' || place.state === 'expired') return;
    const exactMs = this.#options.exactMs ?? (this.#link === 'stream' ? EXACT_STREAM_MS : EXACT_POLL_MS);
    // At its deadline a place that was not claimed expires; nothing else would tell a page that polls.
    const claimMs = place.claimByMs === null ? exactMs : place.claimByMs - Date.now() + 500;
    this.#exactIn(Math.max(1_000, Math.min(exactMs * (0.75 + this.#random() / 2), claimMs)));
  }

  #setBoard(board: Board): void {
    if (this.#stopped.signal.aborted) return;
    const before = this.board;
    // A poll may be answered by a cache that is older than what the stream said last.
    if (before !== undefined && board.updatedAtMs < before.updatedAtMs) return;
    this.board = board;
    this.emit('board', board);
    if (this.place === undefined) return;
    const place = placeOnBoard(this.place, board);
    if (place !== this.place) {
      this.place = place;
      this.emit('place', place);
    }
    if (needsExactPlace(place, before, board)) this.#soon();
  }

  /** Asks for the exact place within the spread, unless it is asked for sooner anyway. */
  #soon(): void {
    if (this.#isSoon) return;
    this.#isSoon = true;
    const pauseMs = Math.max(0, this.#askedAtMs + EXACT_PAUSE_MS - Date.now());
    this.#later(pauseMs + this.#random() * EXACT_SPREAD_MS, () => {
      this.#isSoon = false;
      void this.#askExact();
    });
  }

  #setLink(link: LineEvents['link']): void {
    if (this.#link === link) return;
    this.#link = link;
    this.emit('link', link);
  }

  get #path(): string {
    return `/events/${this.#options.eventId}/line`;
  }

  #later(ms: number, action: () => void): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#stopped.signal.removeEventListener('abort', done);
        resolve();
      };
      this.#stopped.signal.addEventListener('abort', done);
      this.#later(ms, done);
    });
  }
}
