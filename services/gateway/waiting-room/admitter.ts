/**
 * The admitter: lets the lines move. Every gateway runs one; the script that it calls is idempotent, so there
 * is no leader to lose. Rules AD.
 *
 * Each event that is not closed is ticked four times a second, once a second while nothing happens there, and
 * at the exact moment at which the last tick said that something will be due.
 */
import type { EventStore } from '../../../db/event-store.ts';
import { type Tick, tickLine } from '../../../lua/tick-line.ts';
import type { EventId } from '../../../shared/domain/ids.ts';
import type { Logger } from '../../../shared/runtime/log.ts';
import type { RedisClient } from '../../../shared/runtime/redis.ts';
import type { Catalogue } from '../events/catalogue.ts';
import type { GatewayMetrics } from '../plugins/gateway-metrics.ts';
import type { Drawer } from './drawer.ts';

const TICK_MS = 250;
const IDLE_TICK_MS = 1_000;
/** After so many ticks without anything to do an event counts as idle. */
const IDLE_AFTER_TICKS = 8;
/** How often the list of events is looked at again. */
const LIST_MS = 2_000;
/** Several joins in the same moment are worth one tick. */
const NUDGE_MS = 5;
/** Ticks in flight at once, so that a thousand events do not stand in front of everybody's commands. */
const IN_FLIGHT_MAX = 16;

type Line = { busy: boolean; again: boolean; quietTicks: number; tickAtMs: number; timer?: NodeJS.Timeout };

export type AdmitterDeps = {
  readonly redis: RedisClient;
  readonly store: EventStore;
  readonly catalogue: Catalogue;
  readonly drawer: Drawer;
  readonly metrics: GatewayMetrics;
  readonly log: Logger;
};

export class Admitter {
  readonly name = 'admitter';
  readonly #deps: AdmitterDeps;
  readonly #lines = new Map<EventId, Line>();
  #interval: NodeJS.Timeout | undefined;
  #listAtMs = 0;
  #inFlight = 0;
  #down = false;
  readonly #settled = new Set<Promise<void>>();

  constructor(deps: AdmitterDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#interval ??= setInterval(() => this.#round(), TICK_MS);
  }

  /** Stops, and waits for the ticks in flight. */
  async stop(): Promise<void> {
    clearInterval(this.#interval);
    this.#interval = undefined;
    for (const line of this.#lines.values()) clearTimeout(line.timer);
    this.#lines.clear();
    await Promise.all(this.#settled);
  }

  /** Something has happened in this line that a tick may answer: a join, a change of its settings. */
  nudge(eventId: EventId): void {
    if (this.#interval === undefined) return;
    const line = this.#line(eventId);
    line.quietTicks = 0;
    this.#tickAt(eventId, line, Date.now() + NUDGE_MS);
  }

  #line(eventId: EventId): Line {
    let line = this.#lines.get(eventId);
    if (line === undefined) {
      line = { busy: false, again: false, quietTicks: 0, tickAtMs: 0 };
      this.#lines.set(eventId, line);
    }
    return line;
  }

  #round(): void {
    const nowMs = Date.now();
    if (nowMs >= this.#listAtMs) {
      this.#listAtMs = nowMs + LIST_MS;
      this.#track(this.#list());
    }
    for (const [eventId, line] of this.#lines) {
      if (line.tickAtMs <= nowMs && line.timer === undefined) this.#start(eventId, line);
    }
  }

  /** Which events there are to tick: those that are not closed. */
  async #list(): Promise<void> {
    try {
      const open = new Set<EventId>();
      for (const { eventId, onSale } of await this.#deps.catalogue.all()) {
        if (onSale.closedAtMs === null || onSale.closedAtMs > Date.now()) open.add(eventId);
      }
      if (this.#interval === undefined) return;
      for (const [eventId, line] of this.#lines) {
        if (open.has(eventId)) continue;
        clearTimeout(line.timer);
        this.#lines.delete(eventId);
        this.#deps.drawer.forget(eventId);
      }
      for (const eventId of open) this.#line(eventId);
    } catch (error) {
      this.#deps.log.debug({ err: (error as Error).message }, 'the list of events is not to be had');
    }
  }

  #tickAt(eventId: EventId, line: Line, atMs: number): void {
    if (line.timer !== undefined) {
      if (line.tickAtMs <= atMs) return;
      clearTimeout(line.timer);
    }
    line.tickAtMs = atMs;
    line.timer = setTimeout(
      () => {
        delete line.timer;
        this.#start(eventId, line);
      },
      Math.max(0, atMs - Date.now()),
    );
  }

  #start(eventId: EventId, line: Line): void {
    if (line.busy) {
      line.again = true;
      return;
    }
    // Past the limit it waits for the next round, which comes soon enough.
    if (this.#inFlight >= IN_FLIGHT_MAX) return;
    this.#track(this.#tick(eventId, line));
  }

  async #tick(eventId: EventId, line: Line): Promise<void> {
    const { metrics, log } = this.#deps;
    line.busy = true;
    line.again = false;
    this.#inFlight++;
    try {
      const { called, nextAtMs, noShows, timedOut } = await this.#tickAndDraw(eventId);
      if (this.#down) log.info('the lines move again');
      this.#down = false;
      metrics.ticks.inc({ outcome: 'ok' });
      if (called.length > 0) metrics.called.inc({ event: eventId }, called.length);
      const quiet = called.length + noShows + timedOut === 0;
      line.quietTicks = quiet && nextAtMs === null ? line.quietTicks + 1 : 0;
      this.#next(eventId, line, nextAtMs);
    } catch (error) {
      metrics.ticks.inc({ outcome: 'failed' });
      if (!this.#down) log.warn({ eventId, err: (error as Error).message }, 'the lines stand still');
      this.#down = true;
      line.tickAtMs = Date.now() + TICK_MS;
    } finally {
      this.#inFlight--;
      line.busy = false;
    }
  }

  /** One tick. Where the lobby has just closed, it is drawn, and the first are called. */
  async #tickAndDraw(eventId: EventId): Promise<Tick> {
    const { redis, store, drawer } = this.#deps;
    const tick = await store.run(eventId, () => tickLine(redis, eventId));
    if (tick.lobby.state === 'lobby') drawer.prepare(eventId, tick.lobby);
    if (tick.lobby.state !== 'frozen') return tick;
    await drawer.draw(eventId, tick.lobby);
    const { called, ...after } = await store.run(eventId, () => tickLine(redis, eventId));
    return { ...after, called: [...tick.called, ...called] };
  }

  #next(eventId: EventId, line: Line, dueAtMs: number | null): void {
    if (this.#interval === undefined || !this.#lines.has(eventId)) return;
    const nowMs = Date.now();
    const usual = nowMs + (line.quietTicks >= IDLE_AFTER_TICKS ? IDLE_TICK_MS : TICK_MS);
    if (line.again) this.#tickAt(eventId, line, nowMs + NUDGE_MS);
    else if (dueAtMs !== null && dueAtMs < usual) this.#tickAt(eventId, line, Math.max(dueAtMs, nowMs + 1));
    // Otherwise the round finds it; it comes four times a second for all events at once.
    else if (line.timer === undefined) line.tickAtMs = usual - TICK_MS / 2;
  }

  #track(work: Promise<void>): void {
    this.#settled.add(work);
    void work.finally(() => this.#settled.delete(work));
  }
}
