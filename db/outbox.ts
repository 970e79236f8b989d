/**
 * Promised work. A row is written by the transaction that promises, and marked done by the step that keeps
 * the promise; between the two it may be handed to the queue any number of times.
 */
import type { JobKind } from '../shared/jobs/queues.ts';
import type { Db } from './client.ts';

export type Promised = {
  readonly outboxId: number;
  readonly kind: JobKind;
  readonly orderId: string;
  /** It was handed to the queue before, and nothing came of it. */
  readonly again: boolean;
};

export type OutboxPatience = {
  /** Whoever wrote the row also enqueues it; before this much time the poller leaves it to them. */
  readonly freshMs: number;
  /** Handed over and not done for this long: hand it over again. A job that is still there stays as it is. */
  readonly againMs: Readonly<Record<JobKind, number>>;
};

/**
 * Takes rows that nobody has handed to the queue. Several pollers may run: `skip locked` gives each its own
 * rows, and the mark is written before the queue is called, so that no transaction waits for Redis.
 */
export async function takePromised(db: Db, patience: OutboxPatience, limit: number): Promise<Promised[]> {
  const { againMs } = patience;
  return db.sql<Promised[]>`
    update outbox set enqueued_at = now() from (
      select outbox_id as id, enqueued_at is not null as again from outbox
      where done_at is null and (
        enqueued_at is null and created_at < now() - ${patience.freshMs} * interval '1 millisecond'
        or enqueued_at < now() - case kind when 'order' then ${againMs.order}::int when 'refund' then ${againMs.refund}::int
          when 'mail' then ${againMs.mail}::int else ${againMs['issue-tickets']}::int end * interval '1 millisecond')
      order by created_at limit ${limit} for update skip locked
    ) as due where outbox_id = due.id
    returning outbox_id::float8 as "outboxId", kind, order_id as "orderId", due.again`;
}

/** The promise is kept. */
export async function markDone(db: Db, orderId: string, kind: JobKind): Promise<void> {
  await db.sql`update outbox set done_at = now() where order_id = ${orderId} and kind = ${kind} and done_at is null`;
}

/** How many promises of each kind are open, and how old the oldest is. */
export async function outboxBacklog(db: Db): Promise<{ kind: JobKind; open: number; oldestMs: number }[]> {
  return db.sql`
    select kind, count(*)::int as open, floor(extract(epoch from now() - min(created_at)) * 1000)::float8 as "oldestMs"
    from outbox where done_at is null group by kind`;
}

/** Forgets kept promises. */
export async function forgetDone(db: Db, olderThanMs: number): Promise<number> {
  const rows = await db.sql`
    delete from outbox where outbox_id in (
      select outbox_id from outbox where done_at < now() - ${olderThanMs} * interval '1 millisecond' limit 5000
    ) returning 1`;
  return rows.length;
}
