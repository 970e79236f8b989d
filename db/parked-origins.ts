/** Where joins come from that get a place which is never called: rule AD25. */
import { and, eq, inArray } from 'drizzle-orm';
import type { EventId } from '../shared/domain/ids.ts';
import { type AuditLine, writeAudit } from './audit.ts';
import type { Db } from './client.ts';
import { parkedOrigins } from './schema.ts';

export type Origins = {
  /** Addresses, or networks such as 10.0.0.0/8. */
  readonly addresses: readonly string[];
  /** Words in a user agent, lower case. */
  readonly userAgents: readonly string[];
};

/** The origins that an operator has parked. */
export async function readParkedOrigins(db: Db, eventId: EventId): Promise<Origins> {
  const rows = await db.orm
    .select({ kind: parkedOrigins.kind, value: parkedOrigins.value })
    .from(parkedOrigins)
    .where(eq(parkedOrigins.eventId, eventId))
    .orderBy(parkedOrigins.createdAt, parkedOrigins.value);
  const of = (wanted: (typeof rows)[number]['kind']) =>
    rows.filter(({ kind }) => kind === wanted).map(({ value }) => value);
  return { addresses: of('address'), userAgents: of('user_agent') };
}

/** Adds origins or takes them away, with a line in the audit in any case. */
export function storeParkedOrigins(
  db: Db,
  eventId: EventId,
  { addresses, userAgents }: Origins,
  parked: boolean,
  line: Pick<AuditLine, 'actor' | 'details'>,
): Promise<void> {
  const lists = [
    ['address', addresses],
    ['user_agent', userAgents],
  ] as const;
  return db.orm.transaction(async (tx) => {
    for (const [kind, values] of lists) {
      if (values.length === 0) continue;
      if (parked) {
        const rows = values.map((value) => ({ eventId, kind, value }));
        await tx.insert(parkedOrigins).values(rows).onConflictDoNothing();
      } else {
        const { eventId: event, kind: kinds, value } = parkedOrigins;
        await tx
          .delete(parkedOrigins)
          .where(and(eq(event, eventId), eq(kinds, kind), inArray(value, [...values])));
      }
    }
    await writeAudit(tx, { ...line, action: parked ? 'places_parked' : 'places_unparked', eventId });
  });
}
