/**
 * Server-sent events of the lines: `board` each second while it changes, the same bytes to everybody, and
 * `place` to the one visitor whose turn it is, who has entered, or who was too late. Rules AD.
 *
 * Who was called is told by Redis; that message is a hint. What decides is the place, read when the message
 * comes, when the board shows that the line has been called past somebody, and after a lost connection.
 */
import type { ServerResponse } from 'node:http';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { EventStore } from '../../../db/event-store.ts';
import { eventKey, eventOfKey } from '../../../lua/keys.ts';
import { readPlace } from '../../../lua/read-place.ts';
import { touchPresence } from '../../../lua/touch-presence.ts';
import type { EventId, VisitorId } from '../../../shared/domain/ids.ts';
import type { Place } from '../../../shared/domain/place.ts';
import type { Logger } from '../../../shared/runtime/log.ts';
import type { RedisClient } from '../../../shared/runtime/redis.ts';
import type { GatewayMetrics } from '../plugins/gateway-metrics.ts';
import type { Boards } from './boards.ts';

const BOARD_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** Silence counts as absence after 60 s. */
const PRESENCE_MS = 20_000;
/** Whoever does not read is cut off; the browser comes back by itself and gets the newest board. */
const UNREAD_BYTES_MAX = 64 * 1024;
/** How soon a place that the line has gone past without calling it is read again: parked ones wait there for ever. */
const PASSED_MS = 5_000;
/** Streams written to, or places read, before others get their turn. */
const BATCH = 200;

export type LineStream = {
  readonly response: ServerResponse;
  readonly visitorId: VisitorId | undefined;
  /** The last that was said; undefined for those who only watch. */
  place: Place | undefined;
  wroteAtMs: number;
  /** When the place was read because the line had gone past it. */
  passedAtMs?: number;
};

type Audience = {
  readonly streams: Set<LineStream>;
  readonly byNumber: Map<number, Set<LineStream>>;
  etag: string;
  state: string;
};

export type LineStreamsDeps = {
  readonly redis: RedisClient;
  /** A `subscriberClient`. */
  readonly subscriber: Redis;
  readonly store: EventStore;
  readonly boards: Boards;
  readonly metrics: GatewayMetrics;
  readonly log: Logger;
};

export class LineStreams {
  readonly name = 'line streams';
  readonly #deps: LineStreamsDeps;
  readonly #audiences = new Map<EventId, Audience>();
  readonly #timers: NodeJS.Timeout[] = [];
  #count = 0;
  #sending = false;
  #draining = false;

  constructor(deps: LineStreamsDeps) {
    this.#deps = deps;
    deps.subscriber.on('message', (channel: string, numbers: string) => this.#told(channel, numbers));
    deps.subscriber.on('ready', () => this.#catchUp());
  }

  /** How many are open in this process. */
  get count(): number {
    return this.#count;
  }

  start(): void {
    if (this.#timers.length > 0) return;
    this.#timers.push(
      setInterval(() => void this.#sendBoards(), BOARD_MS),
      setInterval(() => this.#heartbeat(), HEARTBEAT_MS / 3),
      setInterval(() => void this.#touch(), PRESENCE_MS),
    );
  }

  /** Ends every stream, and those that still come. */
  drain(): void {
    this.#draining = true;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    for (const { streams } of this.#audiences.values()) {
      for (const { response } of streams) sendAway(response);
    }
  }

  stop(): void {
    this.drain();
    this.#audiences.clear();
  }

  /** Takes over an open response. The first board, and the place of one whose turn it is, go out at once. */
  async add(eventId: EventId, stream: LineStream): Promise<void> {
    if (this.#draining) {
      sendAway(stream.response);
      return;
    }
    const audience = this.#audience(eventId);
    audience.streams.add(stream);
    this.#count++;
    this.#deps.metrics.streams.set(this.#count);
    stream.response.on('close', () => this.#remove(eventId, audience, stream));
    this.#index(audience, stream);
    const { body } = await this.#deps.boards.get(eventId);
    write(stream, boardFrame(body));
    // Between reading the place and being listed here a call may have gone by.
    const { visitorId, place } = stream;
    if (visitorId === undefined || place === undefined) return;
    if (place.state === 'called' || place.state === 'admitted') write(stream, placeFrame(place));
    await this.#tellPlace(eventId, audience, stream);
  }

  #audience(eventId: EventId): Audience {
    let audience = this.#audiences.get(eventId);
    if (audience === undefined) {
      audience = { streams: new Set(), byNumber: new Map(), etag: '', state: '' };
      this.#audiences.set(eventId, audience);
      this.#deps.subscriber.subscribe(eventKey(eventId, 'line')).catch(() => {});
    }
    return audience;
  }

  #index(audience: Audience, stream: LineStream): void {
    if (stream.place === undefined) return;
    const { number } = stream.place;
    const same = audience.byNumber.get(number);
    if (same === undefined) audience.byNumber.set(number, new Set([stream]));
    else same.add(stream);
  }

  #unindex(audience: Audience, stream: LineStream): void {
    if (stream.place === undefined) return;
    const same = audience.byNumber.get(stream.place.number);
    same?.delete(stream);
    if (same?.size === 0) audience.byNumber.delete(stream.place.number);
  }

  #remove(eventId: EventId, audience: Audience, stream: LineStream): void {
    if (!audience.streams.delete(stream)) return;
    this.#count--;
    this.#deps.metrics.streams.set(this.#count);
    this.#unindex(audience, stream);
    if (audience.streams.size > 0 || this.#audiences.get(eventId) !== audience) return;
    this.#audiences.delete(eventId);
    this.#deps.subscriber.unsubscribe(eventKey(eventId, 'line')).catch(() => {});
  }

  #told(channel: string, numbers: string): void {
    const eventId = eventOfKey(channel);
    const audience = eventId === undefined ? undefined : this.#audiences.get(eventId);
    if (audience === undefined || channel !== eventKey(eventId!, 'line')) return;
    if (numbers === 'drawn') {
      const waited = [...audience.streams].filter(({ place }) => place?.state === 'lobby');
      void this.#tellPlaces(eventId!, audience, waited);
      return;
    }
    const concerned: LineStream[] = [];
    for (const number of numbers.split(',')) concerned.push(...(audience.byNumber.get(Number(number)) ?? []));
    void this.#tellPlaces(eventId!, audience, concerned);
  }

  #catchUp(): void {
    for (const [eventId, audience] of this.#audiences) {
      void this.#tellPlaces(eventId, audience, [...audience.streams]);
    }
  }

  async #tellPlaces(eventId: EventId, audience: Audience, streams: readonly LineStream[]): Promise<void> {
    for (let at = 0; at < streams.length; at += BATCH) {
      await Promise.all(
        streams.slice(at, at + BATCH).map((stream) => this.#tellPlace(eventId, audience, stream)),
      );
    }
  }

  /** Reads a place anew and tells it where it is another: moving up is not, since the board says that. */
  async #tellPlace(eventId: EventId, audience: Audience, stream: LineStream): Promise<void> {
    const { visitorId } = stream;
    if (visitorId === undefined || !audience.streams.has(stream)) return;
    try {
      const { store, redis } = this.#deps;
      const place = await store.run(eventId, () => readPlace(redis, eventId, visitorId));
      if (place === undefined || !audience.streams.has(stream)) return;
      const before = stream.place;
      this.#unindex(audience, stream);
      stream.place = place;
      this.#index(audience, stream);
      if (before?.state !== place.state || before.number !== place.number) write(stream, placeFrame(place));
    } catch (error) {
      this.#deps.log.debug({ eventId, err: (error as Error).message }, 'a place could not be told');
    }
  }

  async #sendBoards(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (const [eventId, audience] of this.#audiences) await this.#sendBoard(eventId, audience);
    } finally {
      this.#sending = false;
    }
  }

  async #sendBoard(eventId: EventId, audience: Audience): Promise<void> {
    const packed = await Promise.resolve(this.#deps.boards.get(eventId)).catch(() => undefined);
    if (packed === undefined || packed.etag === audience.etag) return;
    audience.etag = packed.etag;
    const { calledThrough, state } = packed.board;
    const opened = audience.state === 'lobby' && state !== 'lobby';
    audience.state = state;
    const frame = boardFrame(packed.body);
    const nowMs = performance.now();
    const missed: LineStream[] = [];
    let written = 0;
    for (const stream of audience.streams) {
      write(stream, frame);
      const { place, passedAtMs = Number.NEGATIVE_INFINITY } = stream;
      if (place?.state === 'waiting' && place.number <= calledThrough && passedAtMs < nowMs - PASSED_MS) {
        stream.passedAtMs = nowMs;
        missed.push(stream);
      }
      if (opened && place?.state === 'lobby') missed.push(stream);
      if (++written % BATCH === 0) await yieldToOthers();
    }
    if (missed.length > 0) await this.#tellPlaces(eventId, audience, missed);
  }

  #heartbeat(): void {
    const dueMs = performance.now() - HEARTBEAT_MS;
    for (const { streams } of this.#audiences.values()) {
      for (const stream of streams) if (stream.wroteAtMs <= dueMs) write(stream, ': \n\n');
    }
  }

  async #touch(): Promise<void> {
    const { store, redis, log } = this.#deps;
    for (const [eventId, { byNumber }] of this.#audiences) {
      // In the lobby a place goes by the number of its join, and this process may not have heard of the draw.
      const numbers = { lobby: [] as number[], line: [] as number[] };
      for (const [number, streams] of byNumber) {
        const states = new Set([...streams].map(({ place }) => place?.state === 'lobby'));
        if (states.has(true)) numbers.lobby.push(number);
        if (states.has(false)) numbers.line.push(number);
      }
      for (const kind of ['lobby', 'line'] as const) {
        if (numbers[kind].length === 0) continue;
        await store
          .run(eventId, () => touchPresence(redis, eventId, numbers[kind], kind))
          .catch((error: Error) => log.debug({ eventId, err: error.message }, 'presence could not be told'));
      }
    }
  }
}

/** Ends a stream; its browser comes back to another gateway, not in the same moment as all others. */
function sendAway(response: ServerResponse): void {
  response.end(`retry: ${500 + Math.floor(Math.random() * 2_500)}\n\n`);
}

function boardFrame(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from('event: board\ndata: '), body, Buffer.from('\n\n')]);
}

function placeFrame(place: Place): string {
  return `event: place\ndata: ${JSON.stringify(place)}\n\n`;
}

function write(stream: LineStream, frame: Buffer | string): void {
  const { response } = stream;
  if (response.writableEnded || response.destroyed) return;
  if (response.writableLength > UNREAD_BYTES_MAX) {
    response.destroy();
    return;
  }
  stream.wroteAtMs = performance.now();
  response.write(frame);
}
