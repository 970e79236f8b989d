/**
 * All events without their plans, kept in the process: what browsing reads. Read again from PostgreSQL when
 * it is a second old and somebody asks, at once after this process changed one. Where PostgreSQL does not
 * answer, the last reading serves on.
 */

import type { Db } from '../../../db/client.ts';
import { type EventFacts, eventExists, listEventFacts, readPriceRanges } from '../../../db/events.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { EventId } from '../../../shared/domain/ids.ts';
import type { Logger } from '../../../shared/runtime/log.ts';

export type CatalogueEntry = EventFacts & {
  readonly priceMinor: { readonly min: number; readonly max: number };
};

const FRESH_MS = 1_000;

export class Catalogue {
  readonly #db: Db;
  readonly #log: Logger;
  /** In order of their beginning. */
  #entries: readonly CatalogueEntry[] = [];
  #byId = new Map<EventId, CatalogueEntry>();
  /** Prices stand in the plan, which never changes and is large: they are read once per event. */
  readonly #prices = new Map<EventId, { min: number; max: number }>();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #stale = false;

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  /** All events, soonest first. */
  async all(): Promise<readonly CatalogueEntry[]> {
    await this.#refresh();
    return this.#entries;
  }

  /** One event. Throws `unknown_event`. */
  async get(eventId: EventId): Promise<CatalogueEntry> {
    await this.#refresh();
    // Another process may have made it since; its store is asked, so that a guessed number costs one look-up.
    if (!this.#byId.has(eventId) && (await eventExists(this.#db, eventId))) {
      await this.changed();
      await this.#refresh();
    }
    const entry = this.#byId.get(eventId);
    if (entry === undefined) throw new UsherError('unknown_event');
    return entry;
  }

  /** Makes the next question read anew. Called after a change of this process. */
  async changed(): Promise<void> {
    // A reading that began before the change would not show it.
    await this.#reading?.catch(() => {});
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  async #refresh(): Promise<void> {
    if (performance.now() - this.#readAtMs < FRESH_MS) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      const facts = await listEventFacts(this.#db);
      const unpriced = facts.map(({ eventId }) => eventId).filter((id) => !this.#prices.has(id));
      for (const [id, range] of await readPriceRanges(this.#db, unpriced)) this.#prices.set(id, range);
      this.#entries = facts.map((fact) => ({
        ...fact,
        priceMinor: this.#prices.get(fact.eventId) ?? { min: 0, max: 0 },
      }));
      this.#byId = new Map(this.#entries.map((entry) => [entry.eventId, entry]));
      this.#stale = false;
    } catch (error) {
      if (this.#byId.size === 0) throw new UsherError('unavailable');
      const err = (error as Error).message;
      if (!this.#stale) this.#log.warn({ err }, 'events could not be read; the last reading serves on');
      this.#stale = true;
    }
    this.#readAtMs = performance.now();
  }
}
