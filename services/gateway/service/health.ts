/** How the stores are, asked at most once a second, and never waited for longer than a probe's patience. */
import type { Redis } from 'ioredis';
import type { Db } from '../../../db/client.ts';
import { type RedisClient, reachAll } from '../../../shared/runtime/redis.ts';

export type StoreState = { readonly state: 'up' | 'down'; readonly ms: number; readonly error?: string };
export type Stores = {
  readonly redis: StoreState;
  readonly queueRedis: StoreState;
  readonly postgres: StoreState;
};

const TIMEOUT_MS = 500;
const FRESH_MS = 1_000;

export class StoreProbe {
  readonly #ask: Readonly<Record<keyof Stores, () => Promise<unknown>>>;
  #probing: Promise<Stores> | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ redis, queueRedis, db }: { redis: RedisClient; queueRedis: Redis; db: Db }) {
    this.#ask = {
      redis: () => reachAll(redis),
      queueRedis: () => queueRedis.ping(),
      postgres: () => db.sql`select 1`,
    };
  }

  /** The state of each store. Never rejects. */
  stores(): Promise<Stores> {
    const nowMs = performance.now();
    if (this.#probing === undefined || nowMs - this.#askedAtMs > FRESH_MS) {
      this.#askedAtMs = nowMs;
      this.#probing = this.#probe();
    }
    return this.#probing;
  }

  async #probe(): Promise<Stores> {
    const [redis, queueRedis, postgres] = await Promise.all([
      probe(this.#ask.redis),
      probe(this.#ask.queueRedis),
      probe(this.#ask.postgres),
    ]);
    return { redis, queueRedis, postgres };
  }
}

async function probe(ask: () => Promise<unknown>): Promise<StoreState> {
  const startedMs = performance.now();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  try {
    const answer = ask();
    answer.catch(() => {});
    await Promise.race([answer, late.promise]);
    return { state: 'up', ms: since(startedMs) };
  } catch (error) {
    // A connection's own words name hosts and users; what is wrong is in the log.
    const error_ =
      error instanceof Error && error.message.startsWith('no answer') ? error.message : 'unreachable';
    return { state: 'down', ms: since(startedMs), error: error_ };
  } finally {
    clearTimeout(timer);
  }
}

function since(startedMs: number): number {
  return Math.round((performance.now() - startedMs) * 10) / 10;
}
