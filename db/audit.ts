/** Who did what to money or to an on-sale. Lines are added, never changed, never deleted. Rules OP. */
import { and, desc, eq, lt, type SQL } from 'drizzle-orm';
import type { Db } from './client.ts';
import { audit } from './schema.ts';

export type AuditLine = {
  readonly actor: string;
  /** `event_created`, `on_sale_changed`, ... */
  readonly action: string;
  readonly eventId?: number;
  readonly orderId?: string;
  readonly details?: Record<string, unknown>;
};

/** Adds a line, with the transaction of what it tells of where there is one. */
export async function writeAudit(orm: Pick<Db['orm'], 'insert'>, line: AuditLine): Promise<void> {
  await orm.insert(audit).values(line);
}

export type AuditEntry = {
  readonly auditId: number;
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly eventId: number | null;
  readonly orderId: string | null;
  readonly details: Record<string, unknown>;
};

/** The latest lines first; `beforeId` pages back. */
export async function readAudit(
  db: Db,
  { eventId, beforeId, limit }: { eventId?: number; beforeId?: number; limit: number },
): Promise<AuditEntry[]> {
  const wanted: SQL[] = [];
  if (eventId !== undefined) wanted.push(eq(audit.eventId, eventId));
  if (beforeId !== undefined) wanted.push(lt(audit.auditId, beforeId));
  const rows = await db.orm
    .select()
    .from(audit)
    .where(and(...wanted))
    .orderBy(desc(audit.auditId))
    .limit(limit);
  return rows.map(({ at, ...row }) => ({ ...row, atMs: at.getTime() }));
}

/** The event that an actor made under this idempotency key, where there is one. */
export async function eventMadeUnderKey(
  orm: Pick<Db['orm'], 'query'>,
  actor: string,
  key: string,
): Promise<{ eventId: number; bodyHash: string } | undefined> {
  const row = await orm.query.audit.findFirst({
    where: (t, { sql }) =>
      and(eq(t.actor, actor), eq(t.action, 'event_created'), sql`${t.details}->>'idempotencyKey' = ${key}`),
  });
  if (row?.eventId == null) return undefined;
  return { eventId: row.eventId, bodyHash: String(row.details.bodyHash) };
}
