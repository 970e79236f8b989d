/**
 * Ends holds at their deadline. Rules HO8 and HO9.
 *
 * Three things wake it, and all do the same: call `release-due`, which decides by the deadlines in Redis. The
 * expiry notification of the hold's key is the first; but Redis sends it when it comes by, which amid many
 * other keys can be a minute late, and not at all to somebody who is away. So a timer stands at the next
 * deadline, and a slow poll finds what both have missed. Any number of processes may do this side by side.
 */
import type { Redis } from 'ioredis';
import type { Db } from '../../db/client.ts';
import { listOpenEventIds } from '../../db/open-events.ts';
import { eventKey } from '../../lua/keys.ts';
import { DUE_PER_CALL_MAX, releaseDue } from '../../lua/release-due.ts';
import { EventNotLoaded } from '../../lua/run-script.ts';
import type { EventId } from '../../shared/domain/ids.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { type RedisClient, serverOf, serversOf } from '../../shared/runtime/redis.ts';
import { ExpiryNotifications } from './expiry-notifications.ts';
import type { SeatsMetrics } from './metrics.ts';

/** The poll also learns the next deadlines; holds last a second or more, so half of that is soon enough. */
const POLL_MS = 500;
/** Events come and go more slowly than deadlines. */
const EVENTS_REFRESH_MS = 5_000;
/** Timers may fire up to a millisecond early, and the deadline is Redis' clock, not ours. */
const TIMER_MARGIN_MS = 1;

type Trigger = 'notification' | 'timer' | 'poll';

export class Reaper {
  readonly name = 'reaper';
  /** Of hold keys; tells whether they are heard. */
  readonly notifications: ExpiryNotifications;
  readonly #redis: RedisClient;
  readonly #db: Db;
  readonly #log: Logger;
  readonly #metrics: SeatsMetrics;
  #events: readonly EventId[] = [];
  #refreshedMs = -Infinity;
  #stopped = false;
  #poll: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Infinity;
  /** The clock of each server less ours. */
  readonly #clockAheadMs = new WeakMap<Redis, number>();
  /** The next deadline of an event, by our clock. */
  readonly #deadlines = new Map<EventId, number>();

  constructor(deps: { redis: RedisClient; db: Db; log: Logger; metrics: SeatsMetrics }) {
    this.#redis = deps.redis;
    this.#db = deps.db;
    this.#log = deps.log;
    this.#metrics = deps.metrics;
    this.notifications = new ExpiryNotifications(
      deps.redis,
      deps.log,
      (eventId) => void this.#release(eventId, 'notification'),
    );
  }

  async start(): Promise<void> {
    await this.notifications.start();
    await this.#round();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#poll);
    clearTimeout(this.#timer);
    this.notifications.stop();
  }

  /** Says that an event has a hold that ends then: the timer need not wait for the poll to learn of it. */
  expect(eventId: EventId, deadlineMs: number): void {
    const known = this.#deadlines.get(eventId) ?? Infinity;
    if (this.#byOurClock(eventId, deadlineMs) < known) this.#setDeadline(eventId, deadlineMs);
  }

  async #round(): Promise<void> {
    if (this.#stopped) return;
    try {
      if (performance.now() - this.#refreshedMs > EVENTS_REFRESH_MS) {
        this.#events = await listOpenEventIds(this.#db);
        this.#refreshedMs = performance.now();
        await this.#readClocks();
      }
      await Promise.all(this.#events.map((eventId) => this.#release(eventId, 'poll')));
    } catch (error) {
      this.#log.debug({ err: error }, 'a round of the reaper failed');
    }
    if (!this.#stopped) this.#poll = setTimeout(() => void this.#round(), POLL_MS);
  }

  async #readClocks(): Promise<void> {
    const reads = serversOf(this.#redis).map(async (server) => {
      const sentMs = Date.now();
      const [seconds, micros] = await server.time();
      const timeMs = Number(seconds) * 1_000 + Number(micros) / 1_000;
      this.#clockAheadMs.set(server, timeMs - (sentMs + Date.now()) / 2);
    });
    await Promise.allSettled(reads);
  }

  #byOurClock(eventId: EventId, deadlineMs: number): number {
    try {
      const server = serverOf(this.#redis, eventKey(eventId, 'deadlines'));
      return deadlineMs - (this.#clockAheadMs.get(server) ?? 0);
    } catch {
      return deadlineMs;
    }
  }

  async #release(eventId: EventId, trigger: Trigger): Promise<void> {
    try {
      for (;;) {
        const { ended, nextDeadlineMs, latenessMs } = await releaseDue(this.#redis, eventId);
        for (const lateMs of latenessMs) this.#metrics.expiryLateness.observe(lateMs / 1_000);
        if (ended > 0) this.#metrics.expired.inc({ trigger }, ended);
        if (ended === DUE_PER_CALL_MAX) continue;
        this.#setDeadline(eventId, nextDeadlineMs ?? Infinity);
        return;
      }
    } catch (error) {
      // Not loaded: nobody holds anything in it. Redis away: the poll comes again.
      if (!(error instanceof EventNotLoaded)) this.#log.debug({ eventId, err: error }, 'release-due failed');
      this.#deadlines.delete(eventId);
    }
  }

  #setDeadline(eventId: EventId, deadlineMs: number): void {
    if (deadlineMs === Infinity) this.#deadlines.delete(eventId);
    else this.#deadlines.set(eventId, this.#byOurClock(eventId, deadlineMs));
    this.#arm();
  }

  #arm(): void {
    let next = Infinity;
    for (const each of this.#deadlines.values()) next = Math.min(next, each);
    if (next === this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = next;
    if (next === Infinity || this.#stopped) return;
    const waitMs = next - Date.now() + TIMER_MARGIN_MS;
    this.#timer = setTimeout(() => this.#due(), Math.max(0, Math.min(waitMs, 2 ** 31 - 1)));
  }

  #due(): void {
    this.#timerAtMs = Infinity;
    const nowMs = Date.now();
    const due = [...this.#deadlines].filter(([, deadlineMs]) => deadlineMs <= nowMs + TIMER_MARGIN_MS);
    for (const [eventId] of due) {
      this.#deadlines.delete(eventId);
      void this.#release(eventId, 'timer');
    }
    if (due.length === 0) this.#arm();
  }
}
