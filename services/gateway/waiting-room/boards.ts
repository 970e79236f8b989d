/**
 * The board of each event, the same bytes for everybody, made at most four times a second however many ask.
 * While Redis is away the last one serves for a little; it says itself how old it is.
 */
import { createHash } from 'node:crypto';
import type { EventStore } from '../../../db/event-store.ts';
import { readBoard } from '../../../lua/read-board.ts';
import type { EventId } from '../../../shared/domain/ids.ts';
import type { Board } from '../../../shared/protocol/http.ts';
import type { RedisClient } from '../../../shared/runtime/redis.ts';

export type PackedBoard = {
  readonly board: Board;
  readonly body: Buffer;
  /** Weak: boards that differ in nothing but the moment they were made have the same. */
  readonly etag: string;
};

const FRESH_MS = 250;
/** As long as a last board serves while no newer one can be had. */
const STALE_MS_MAX = 10_000;
/** Boards that nobody asked for in this time are forgotten. */
const FORGOTTEN_MS = 60_000;

type Slot = { packed?: PackedBoard; madeAtMs: number; askedAtMs: number; making?: Promise<PackedBoard> };

export class Boards {
  readonly #redis: RedisClient;
  readonly #store: EventStore;
  readonly #slots = new Map<EventId, Slot>();
  #sweepAtMs = 0;

  constructor(redis: RedisClient, store: EventStore) {
    this.#redis = redis;
    this.#store = store;
  }

  /** The board, or a promise of it: whoever finds it fresh does not wait. Throws `unknown_event`, `unavailable`. */
  get(eventId: EventId): PackedBoard | Promise<PackedBoard> {
    const nowMs = performance.now();
    let slot = this.#slots.get(eventId);
    if (slot === undefined) {
      this.#sweep(nowMs);
      slot = { madeAtMs: Number.NEGATIVE_INFINITY, askedAtMs: nowMs };
      this.#slots.set(eventId, slot);
    }
    slot.askedAtMs = nowMs;
    if (slot.packed !== undefined && nowMs - slot.madeAtMs < FRESH_MS) return slot.packed;
    slot.making ??= this.#make(eventId, slot, nowMs);
    return slot.making;
  }

  async #make(eventId: EventId, slot: Slot, nowMs: number): Promise<PackedBoard> {
    try {
      // Asked of the store first: an id that is nobody's must not become a question to Redis.
      await this.#store.get(eventId);
      const board = await this.#store.run(eventId, () => readBoard(this.#redis, eventId));
      const { updatedAtMs: _made, ...content } = board;
      const tag = createHash('sha1').update(JSON.stringify(content)).digest('base64url').slice(0, 16);
      slot.packed = { board, body: Buffer.from(JSON.stringify(board)), etag: `W/"${tag}"` };
      slot.madeAtMs = nowMs;
      return slot.packed;
    } catch (error) {
      if (slot.packed !== undefined && nowMs - slot.madeAtMs < STALE_MS_MAX) return slot.packed;
      if (slot.packed === undefined) this.#slots.delete(eventId);
      throw error;
    } finally {
      delete slot.making;
    }
  }

  #sweep(nowMs: number): void {
    if (nowMs < this.#sweepAtMs) return;
    this.#sweepAtMs = nowMs + FORGOTTEN_MS;
    for (const [eventId, slot] of this.#slots) {
      if (nowMs - slot.askedAtMs > FORGOTTEN_MS) this.#slots.delete(eventId);
    }
  }
}
