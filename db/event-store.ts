/**
 * Where a service gets an event from. What never changes (plan, prices, name) is kept in memory; what changes
 * is in Redis, and where Redis does not know the event (new, wiped, restarted) it is built again from
 * PostgreSQL before the call goes on. So no caller ever sees a Redis that has forgotten.
 */
import { eq } from 'drizzle-orm';
import type { Redis } from 'ioredis';
import { eventKey } from '../lua/keys.ts';
import { loadEvent, type SeatRun } from '../lua/load-event.ts';
import { EventNotLoaded } from '../lua/run-script.ts';
import { UsherError } from '../shared/domain/errors.ts';
import type { EventId } from '../shared/domain/ids.ts';
import type { Plan } from '../shared/domain/plan.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { bestRuns } from '../shared/venues/best-runs.ts';
import type { Db } from './client.ts';
import { readEventFacts } from './event-facts.ts';
import { events } from './schema.ts';
import { type SeatDescription, SeatIndex } from './seat-index.ts';

export type StoredEvent = {
  readonly eventId: EventId;
  readonly name: string;
  readonly venueName: string;
  readonly startsAtMs: number;
  readonly currency: string;
  readonly seatCount: number;
  readonly plan: Plan;
  readonly runs: readonly SeatRun[];
  /** What is printed of a seat, and its price. Throws UsherError `unknown_seat`. */
  seatAt(index: number): SeatDescription;
};

/** Plans kept in memory. One of 20,000 seats is about 6 MB. */
const EVENTS_CACHED_MAX = 200;

export class EventStore {
  readonly #db: Db;
  readonly #redis: Redis;
  readonly #log: Logger;
  readonly #events = new Map<EventId, Promise<StoredEvent>>();
  /** Events that this process has seen in Redis, with the server run they were seen in. */
  readonly #loadedIn = new Map<EventId, string>();
  readonly #loading = new Map<EventId, Promise<void>>();
  #runId: string | undefined;

  constructor(db: Db, redis: Redis, log: Logger) {
    this.#db = db;
    this.#redis = redis;
    this.#log = log;
    // A restarted server has another run id; until it is read, nothing counts as loaded.
    redis.on('close', () => {
      this.#runId = undefined;
    });
  }

  /** The event's unchanging part. Throws UsherError `unknown_event`. */
  get(eventId: EventId): Promise<StoredEvent> {
    let event = this.#events.get(eventId);
    if (event === undefined) {
      event = this.#read(eventId);
      this.#events.set(eventId, event);
      // What failed is not remembered: an event may be made a moment later.
      event.catch(() => this.#events.delete(eventId));
      if (this.#events.size > EVENTS_CACHED_MAX) this.#events.delete(this.#events.keys().next().value!);
    }
    return event;
  }

  /**
   * Runs a binding of an event that is sure to be in Redis. Throws UsherError `unavailable` where Redis does
   * not answer, `unknown_event` where there is no such event.
   */
  async run<T>(eventId: EventId, action: () => Promise<T>): Promise<T> {
    try {
      await this.#ensureLoaded(eventId);
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof EventNotLoaded)) throw error;
        this.#loadedIn.delete(eventId);
        await this.#ensureLoaded(eventId);
        return await action();
      }
    } catch (error) {
      if (isRedisFailure(error)) throw new UsherError('unavailable', { retryAfterMs: 1_000 });
      throw error;
    }
  }

  async #ensureLoaded(eventId: EventId): Promise<void> {
    const runId = this.#runId ?? (await this.#readRunId());
    if (this.#loadedIn.get(eventId) === runId) return;
    let loading = this.#loading.get(eventId);
    if (loading === undefined) {
      loading = this.#load(eventId, runId).finally(() => this.#loading.delete(eventId));
      this.#loading.set(eventId, loading);
    }
    await loading;
  }

  async #load(eventId: EventId, runId: string): Promise<void> {
    const event = await this.get(eventId);
    if ((await this.#redis.hget(eventKey(eventId, 'event'), 'runId')) !== runId) {
      const startedMs = performance.now();
      const facts = await readEventFacts(this.#db, eventId, event.runs, runId);
      if (facts === undefined) throw new UsherError('unknown_event');
      const { outcome, epoch } = await loadEvent(this.#redis, eventId, facts);
      if (outcome === 'loaded') {
        const tookMs = Math.round(performance.now() - startedMs);
        this.#log.info({ eventId, epoch, tookMs }, 'event loaded into Redis');
      }
    }
    this.#loadedIn.set(eventId, runId);
  }

  async #readRunId(): Promise<string> {
    const info = await this.#redis.info('server');
    const runId = /^run_id:(\w+)/m.exec(info)?.[1];
    if (runId === undefined) throw new Error('Redis did not tell its run_id.');
    this.#runId = runId;
    return runId;
  }

  async #read(eventId: EventId): Promise<StoredEvent> {
    const [row] = await this.#db.orm.select().from(events).where(eq(events.eventId, eventId));
    if (!row) throw new UsherError('unknown_event');
    const { plan } = row;
    const seats = new SeatIndex(plan);
    return {
      eventId,
      name: row.name,
      venueName: row.venueName,
      startsAtMs: row.startsAt.getTime(),
      currency: row.currency,
      seatCount: row.seatCount,
      plan,
      runs: bestRuns(plan).map((run) => ({
        ...run,
        general: plan.sections[run.sectionIndex]?.kind === 'general',
      })),
      seatAt: (index) => seats.at(index),
    };
  }
}

/** Whether an error says that Redis is away, not that a script is wrong. */
export function isRedisFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'ReplyError') {
    return /^(READONLY|LOADING|OOM|MISCONF|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|NOREPLICAS|BUSY)/.test(
      error.message,
    );
  }
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    error.name === 'AbortError' ||
    /Connection is closed|Command timed out|Stream isn't writeable|ECONNREFUSED|ECONNRESET|EPIPE/.test(
      error.message,
    )
  );
}
