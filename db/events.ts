/** Events and what the operator sets of them: the queries. The plan of an event never changes. */
import { and, eq, inArray, sql } from 'drizzle-orm';
import { ON_SALE_DEFAULTS, type OnSale } from '../shared/domain/on-sale.ts';
import type { Plan } from '../shared/domain/plan.ts';
import type { SeatCounts } from '../shared/domain/seat.ts';
import { type AuditLine, eventMadeUnderKey, writeAudit } from './audit.ts';
import type { Db } from './client.ts';
import { blockedSeats, claims, events } from './schema.ts';

export type NewEvent = {
  readonly name: string;
  readonly startsAtMs: number;
  readonly plan: Plan;
  readonly onSale: Partial<OnSale>;
};

/** Stores an event with its plan; it can be sold from then on. */
export async function insertEvent(orm: Pick<Db['orm'], 'insert'>, event: NewEvent): Promise<number> {
  const { plan } = event;
  const [row] = await orm
    .insert(events)
    .values({
      name: event.name,
      venueName: plan.name,
      startsAt: new Date(event.startsAtMs),
      currency: plan.currency,
      seatCount: plan.seatCount,
      plan,
      onSale: { ...ON_SALE_DEFAULTS, ...event.onSale },
    })
    .returning({ eventId: events.eventId });
  return row!.eventId;
}

export type CreateOutcome =
  | { readonly eventId: number; readonly again: boolean }
  /** The key was used with another body. */
  | { readonly mismatch: true };

/** Stores an event for an operator, with its line in the audit. The same key names the same event. */
export function createEvent(
  db: Db,
  event: NewEvent,
  actor: string,
  once: { readonly key: string; readonly bodyHash: string } | undefined,
): Promise<CreateOutcome> {
  return db.orm.transaction(async (tx) => {
    if (once !== undefined) {
      // Twins in flight wait here for each other, so that the second finds the first one's line.
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${actor} ${once.key}`}, 0))`);
      const made = await eventMadeUnderKey(tx, actor, once.key);
      if (made !== undefined && made.bodyHash !== once.bodyHash) return { mismatch: true };
      if (made !== undefined) return { eventId: made.eventId, again: true };
    }
    const eventId = await insertEvent(tx, event);
    const details = {
      name: event.name,
      seats: event.plan.seatCount,
      ...(once && { idempotencyKey: once.key, bodyHash: once.bodyHash }),
    };
    await writeAudit(tx, { actor, action: 'event_created', eventId, details });
    return { eventId, again: false };
  });
}

/** An event without its plan. */
export type EventFacts = {
  readonly eventId: number;
  readonly name: string;
  readonly venueName: string;
  readonly startsAtMs: number;
  readonly currency: string;
  readonly seatCount: number;
  readonly onSale: OnSale;
};

/** All events, soonest first. */
export async function listEventFacts(db: Db): Promise<EventFacts[]> {
  const rows = await db.orm
    .select({
      eventId: events.eventId,
      name: events.name,
      venueName: events.venueName,
      startsAt: events.startsAt,
      currency: events.currency,
      seatCount: events.seatCount,
      onSale: events.onSale,
    })
    .from(events)
    .orderBy(events.startsAt, events.eventId);
  return rows.map(({ startsAt, onSale, ...row }) => ({
    ...row,
    startsAtMs: startsAt.getTime(),
    // Stored before a setting was thought of, an on-sale has its default.
    onSale: { ...ON_SALE_DEFAULTS, ...onSale },
  }));
}

/** Lowest and highest price of each of these events, read out of their plans by PostgreSQL. */
export async function readPriceRanges(
  db: Db,
  eventIds: readonly number[],
): Promise<Map<number, { min: number; max: number }>> {
  if (eventIds.length === 0) return new Map();
  const rows = await db.orm
    .select({ eventId: events.eventId, categories: sql<Plan['categories']>`${events.plan}->'categories'` })
    .from(events)
    .where(inArray(events.eventId, [...eventIds]));
  return new Map(
    rows.map(({ eventId, categories }) => {
      const prices = categories.map(({ priceMinor }) => priceMinor);
      return [eventId, { min: Math.min(...prices), max: Math.max(...prices) }];
    }),
  );
}

/** Whether there is such an event. */
export async function eventExists(db: Db, eventId: number): Promise<boolean> {
  const row = await db.orm.query.events.findFirst({
    columns: { eventId: true },
    where: eq(events.eventId, eventId),
  });
  return row !== undefined;
}

/** Changes some settings of an on-sale in one step and says who did; undefined where there is no such event. */
export function patchOnSale(
  db: Db,
  eventId: number,
  patch: Partial<OnSale>,
  line: Pick<AuditLine, 'actor' | 'action'>,
): Promise<OnSale | undefined> {
  return db.orm.transaction(async (tx) => {
    const [row] = await tx
      .update(events)
      .set({ onSale: sql`${events.onSale} || ${JSON.stringify(patch)}::jsonb` })
      .where(eq(events.eventId, eventId))
      .returning({ onSale: events.onSale });
    if (row === undefined) return undefined;
    await writeAudit(tx, { ...line, eventId, details: patch });
    return { ...ON_SALE_DEFAULTS, ...row.onSale };
  });
}

/** Remembers which seats the operator keeps back, so that a map that is built again has them. */
export function storeBlocked(
  db: Db,
  eventId: number,
  seats: readonly number[],
  blocked: boolean,
  line: Pick<AuditLine, 'actor' | 'action' | 'details'>,
): Promise<void> {
  return db.orm.transaction(async (tx) => {
    // One parameter however many seats: a list of 100,000 of them would be more than a statement may have.
    const indices = sql`(select value::int from jsonb_array_elements_text(${JSON.stringify(seats)}::jsonb))`;
    if (blocked) {
      await tx.execute(sql`
        insert into ${blockedSeats} (event_id, seat_index)
        select ${eventId}::int, seats.value from ${indices} as seats
        on conflict do nothing`);
    } else {
      await tx
        .delete(blockedSeats)
        .where(and(eq(blockedSeats.eventId, eventId), sql`${blockedSeats.seatIndex} in ${indices}`));
    }
    await writeAudit(tx, { ...line, eventId });
  });
}

/** Seat counts as PostgreSQL knows them: holds are unknown to it, so nothing is locked but what is being paid for. */
export async function countFromClaims(
  db: Db,
  facts: readonly EventFacts[],
): Promise<Map<number, SeatCounts>> {
  const count = async (table: typeof claims | typeof blockedSeats) =>
    new Map(
      (
        await db.orm
          .select({ eventId: table.eventId, seats: sql<number>`count(*)::int` })
          .from(table)
          .where(
            inArray(
              table.eventId,
              facts.map(({ eventId }) => eventId),
            ),
          )
          .groupBy(table.eventId)
      ).map(({ eventId, seats }) => [eventId, seats]),
    );
  if (facts.length === 0) return new Map();
  const [sold, blocked] = await Promise.all([count(claims), count(blockedSeats)]);
  return new Map(
    facts.map(({ eventId, seatCount: total }) => {
      const gone = { sold: sold.get(eventId) ?? 0, blocked: blocked.get(eventId) ?? 0 };
      return [eventId, { total, available: total - gone.sold - gone.blocked, locked: 0, ...gone }];
    }),
  );
}
