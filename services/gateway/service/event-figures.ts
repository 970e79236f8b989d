/** Figures per event, read when somebody scrapes: one round trip to Redis for all of them. */
import { Gauge } from 'prom-client';
import type { EventCounts, LineCounts } from '../../../lua/read-counts.ts';
import type { Deps } from '../deps.ts';
import type { Catalogue, CatalogueEntry } from '../events/catalogue.ts';
import { liveCounts } from '../events/live-counts.ts';

/** Beyond this many events a scrape would be larger than it is worth; the soonest are shown. */
const EVENTS_MAX = 1_000;
const SEAT_STATES = ['available', 'locked', 'sold', 'blocked'] as const;

/** What each figure of a line is called. */
const LINE_GAUGES = {
  waiting: { name: 'usher_event_waiting', help: 'Visitors waiting in the line of an event.' },
  inside: { name: 'usher_event_inside', help: 'Visitors inside an event.' },
  called: { name: 'usher_event_called', help: 'Visitors called, and neither entered nor too late.' },
  calledThrough: { name: 'usher_event_called_through', help: 'Number up to which the line was called.' },
  parked: { name: 'usher_event_parked', help: 'Places that are never called, and counted nowhere else.' },
  capacity: { name: 'usher_event_capacity', help: 'Visitors who may be inside and called together.' },
  isCalling: {
    name: 'usher_event_open',
    help: '1 where a slot that comes free calls somebody: open, not paused, a rate above 0, seats left for one more.',
  },
} as const satisfies Partial<Record<keyof LineCounts, { name: string; help: string }>>;

export class EventFigures {
  readonly #deps: Deps;
  readonly #catalogue: Catalogue;
  readonly #seats: Gauge;
  readonly #line: readonly (readonly [field: keyof LineCounts, gauge: Gauge])[];

  constructor(deps: Deps, catalogue: Catalogue) {
    this.#deps = deps;
    this.#catalogue = catalogue;
    const registers = [deps.registry];
    this.#seats = new Gauge({
      name: 'usher_event_seats',
      help: 'Seats of an event by state.',
      labelNames: ['event', 'state'],
      registers,
    });
    this.#line = Object.entries(LINE_GAUGES).map(([field, gauge]) => [
      field as keyof LineCounts,
      new Gauge({ ...gauge, labelNames: ['event'], registers }),
    ]);
  }

  /** Writes the gauges. What cannot be read is left out: a scrape never fails for it. */
  async fillGauges(): Promise<void> {
    const read = await this.#read();
    this.#seats.reset();
    for (const [, gauge] of this.#line) gauge.reset();
    for (const [{ eventId: event }, { seats, line }] of read) {
      for (const state of SEAT_STATES) this.#seats.set({ event, state }, seats[state]);
      for (const [field, gauge] of this.#line) gauge.set({ event }, Number(line[field]));
    }
  }

  /** The same as JSON, with the process beside it. */
  async json() {
    const errors = new Map<string, number>();
    for (const { labels, value } of (await this.#deps.metrics.eventErrors.get()).values) {
      errors.set(String(labels.event), value);
    }
    const read = await this.#read();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      events: read.map(([{ eventId, name }, { seats, line, state }]) => ({
        eventId,
        name,
        state,
        total: seats.total,
        sold: seats.sold,
        available: seats.available,
        remaining: seats.available,
        locked: seats.locked,
        blocked: seats.blocked,
        waiting: line.waiting,
        inside: line.inside,
        errors: errors.get(String(eventId)) ?? 0,
      })),
      process: {
        service: 'gateway',
        uptimeMs: Math.round(process.uptime() * 1_000),
        rssBytes: rss,
        heapUsedBytes: heapUsed,
        streams: (await this.#deps.metrics.streams.get()).values[0]?.value ?? 0,
        errors: Object.fromEntries(
          (await this.#deps.metrics.errors.get()).values.map(({ labels, value }) => [labels.code, value]),
        ),
      },
    };
  }

  async #read(): Promise<[CatalogueEntry, EventCounts][]> {
    try {
      const entries = (await this.#catalogue.all()).slice(0, EVENTS_MAX);
      const live = await liveCounts(this.#deps, entries);
      return entries.map((entry) => [entry, live.get(entry.eventId)!]);
    } catch {
      return [];
    }
  }
}
