import { sql } from 'drizzle-orm';
import type { EventId } from '../shared/domain/ids.ts';
import type { Db } from './client.ts';
import { events } from './schema.ts';

/** Events whose on-sale has not been closed for good: those that loops have to look after. */
export async function listOpenEventIds(db: Db): Promise<EventId[]> {
  const rows = await db.orm
    .select({ eventId: events.eventId })
    .from(events)
    .where(
      sql`coalesce((${events.onSale} ->> 'closedAtMs')::bigint, 9e18) > extract(epoch from now()) * 1000 - 86400000`,
    )
    .orderBy(events.eventId);
  return rows.map(({ eventId }) => eventId);
}
