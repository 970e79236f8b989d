/** Tickets, their documents, and who came through the door. Rules TK. */
import type { Db } from './client.ts';

export type Ticket = {
  readonly ticketId: string;
  readonly orderId: string;
  readonly eventId: number;
  readonly seat: number;
  readonly checkedInAtMs: number | null;
  readonly checkedInBy: string | null;
  readonly voided: boolean;
};

const columns = (db: Db) => db.sql`
  ticket_id as "ticketId", order_id as "orderId", event_id as "eventId", seat_index as seat,
  floor(extract(epoch from checked_in_at) * 1000)::float8 as "checkedInAtMs", checked_in_by as "checkedInBy",
  voided_at is not null as voided`;

export async function readTicket(db: Db, ticketId: string): Promise<Ticket | undefined> {
  const [row] = await db.sql<Ticket[]>`select ${columns(db)} from tickets where ticket_id = ${ticketId}`;
  return row;
}

/** The valid tickets of these orders, in the order of their seats. */
export async function ticketsOf(db: Db, orderIds: readonly string[]): Promise<Ticket[]> {
  return db.sql<Ticket[]>`
    select ${columns(db)} from tickets where order_id = any(${[...orderIds]}::uuid[]) and voided_at is null
    order by order_id, seat_index`;
}

/** The document of a ticket or of an order, or undefined where it has not been made. */
export async function readDocument(db: Db, documentId: string): Promise<Buffer | undefined> {
  const [row] = await db.sql<{ pdf: Buffer }[]>`
    select pdf from ticket_documents where document_id = ${documentId}`;
  return row?.pdf;
}

export async function hasDocument(db: Db, documentId: string): Promise<boolean> {
  const rows = await db.sql`select 1 from ticket_documents where document_id = ${documentId}`;
  return rows.length > 0;
}

/**
 * Keeps a document. The first document of an order also keeps the promise to make it, and promises the mail;
 * nothing is kept for an order that is not paid any more.
 */
export async function storeDocument(
  db: Db,
  orderId: string,
  documentId: string,
  pdf: Uint8Array,
): Promise<boolean> {
  const rows = await db.sql`
    with o as (
      select order_id from orders where order_id = ${orderId} and state = 'paid' for share
    ), d as (
      insert into ticket_documents (document_id, order_id, pdf, bytes)
      select ${documentId}::uuid, order_id, ${Buffer.from(pdf)}::bytea, ${pdf.byteLength}::int from o
      on conflict (document_id) do update set pdf = excluded.pdf, bytes = excluded.bytes, created_at = now()
      returning document_id
    ), m as (
      insert into outbox (kind, order_id) select 'mail', order_id from o where order_id = ${documentId}::uuid
      on conflict do nothing
    ), p as (
      update outbox set done_at = now()
      where order_id = ${orderId} and kind = 'issue-tickets' and done_at is null and order_id = ${documentId}::uuid
    )
    select document_id from d`;
  return rows.length > 0;
}

export type DocumentStats = {
  readonly documents: number;
  readonly bytes: number;
  readonly newestAtMs: number | null;
  readonly oldestAtMs: number | null;
  readonly tickets: number;
  /** Paid orders whose document has not been made yet. */
  readonly waiting: number;
};

export async function documentStats(db: Db): Promise<DocumentStats> {
  const [row] = await db.sql<DocumentStats[]>`
    select count(*)::int as documents, coalesce(sum(bytes), 0)::float8 as bytes,
      floor(extract(epoch from max(created_at)) * 1000)::float8 as "newestAtMs",
      floor(extract(epoch from min(created_at)) * 1000)::float8 as "oldestAtMs",
      (select count(*)::int from tickets where voided_at is null) as tickets,
      (select count(*)::int from outbox where kind = 'issue-tickets' and done_at is null) as waiting
    from ticket_documents`;
  return row!;
}

/** Deletes documents that are older; whoever wants one again has it made again. */
export async function deleteDocuments(
  db: Db,
  olderThanMs: number,
): Promise<{ deleted: number; bytes: number }> {
  const [row] = await db.sql<{ deleted: number; bytes: number }[]>`
    with d as (
      delete from ticket_documents where created_at <= now() - ${olderThanMs} * interval '1 millisecond'
      returning bytes
    ) select count(*)::int as deleted, coalesce(sum(bytes), 0)::float8 as bytes from d`;
  return row!;
}

/**
 * Lets a ticket in, once: of two doors that scan it at the same moment, one sees `already`. The answer is the
 * ticket with who let it in first.
 */
export async function checkIn(
  db: Db,
  ticketId: string,
  by: string,
): Promise<{ ticket: Ticket; already: boolean } | undefined> {
  const [first] = await db.sql<Ticket[]>`
    update tickets set checked_in_at = now(), checked_in_by = ${by}
    where ticket_id = ${ticketId} and checked_in_at is null and voided_at is null returning ${columns(db)}`;
  if (first) return { ticket: first, already: false };
  const ticket = await readTicket(db, ticketId);
  return ticket && { ticket, already: ticket.checkedInAtMs !== null };
}
