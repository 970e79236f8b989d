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
import { onMoved, type RedisClient, serverOf } from '../shared/runtime/redis.ts';
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

/** Pause before a call that Redis left unanswered is made once more. */
const ASK_AGAIN_MS = 100;

/** Plans kept in memory. One of 20,000 seats is about 6 MB. */
const EVENTS_CACHED_MAX = 200;

export class EventStore {
  readonly #db: Db;
  readonly #redis: RedisClient;
  readonly #log: Logger;
  readonly #events = new Map<EventId, Promise<StoredEvent>>();
  /** Events that this process has seen in Redis, with the run of their server that they were seen in. */
  readonly #loadedIn = new Map<EventId, string>();
  readonly #loading = new Map<EventId, Promise<void>>();
  /** Which run of a server is behind a connection. */
  #runIds = new WeakMap<Redis, Promise<string>>();

  constructor(db: Db, redis: RedisClient, log: Logger) {
    this.#db = db;
    this.#redis = redis;
    this.#log = log;
    // A restarted server has another run id; until it is read, nothing counts as loaded.
    redis.on('close', () => {
      this.#runIds = new WeakMap();
    });
    // An event that went to another server and came back is with the run that this process knows, and yet not
    // what it was: whoever promoted the other may have lost its last writes.
    onMoved(redis, () => this.#loadedIn.clear());
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

  /**
   * The same for what may be done twice, because its id makes the second time the first: nobody knows what became
   * of a call whose answer was lost, and without asking again seats would stay locked that nobody knows to hold.
   */
  async runTwice<T>(eventId: EventId, action: () => Promise<T>): Promise<T> {
    try {
      return await this.run(eventId, action);
    } catch (error) {
      if (!(error instanceof UsherError) || error.code !== 'unavailable') throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      return this.run(eventId, action);
    }
  }

  async #ensureLoaded(eventId: EventId): Promise<void> {
    const server = serverOf(this.#redis, eventKey(eventId, 'event'));
    const runId = await this.#runId(server);
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

  #runId(server: Redis): Promise<string> {
    const known = this.#runIds.get(server);
    if (known !== undefined) return known;
    const runIds = this.#runIds;
    const reading = readRunId(server);
    runIds.set(server, reading);
    reading.catch(() => runIds.delete(server));
    return reading;
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

async function readRunId(server: Redis): Promise<string> {
  const info = await server.info('server');
  const runId = /^run_id:(\w+)/m.exec(info)?.[1];
  if (runId === undefined) throw new Error('Redis did not tell its run_id.');
  return runId;
}

/** Whether an error says that Redis is away, not that a script is wrong. */
export function isRedisFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'ReplyError') {
    return /^(READONLY|LOADING|OOM|MISCONF|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|MASTERDOWN|NOREPLICAS|BUSY)/.test(
      error.message,
    );
  }
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    error.name === 'AbortError' ||
    /Connection is closed|Command timed out|Stream isn't writeable|Cluster isn't ready|Too many Cluster redirections|None of startup nodes|ECONNREFUSED|ECONNRESET|EPIPE/.test(
      error.message,
    )
  );
}
