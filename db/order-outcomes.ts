/**
 * The steps of an order's life after the claim. Each is one statement that begins from the states which the
 * table in `shared/domain/order.ts` allows and answers whether it was the one that made the step; so a step
 * that comes twice, or too late, changes nothing. Rules CK.
 */
import {
  nextOrderState,
  ORDER_STATES,
  type OrderEvent,
  type OrderFailure,
  type OrderState,
} from '../shared/domain/order.ts';
import type { Db } from './client.ts';
import { type Order, readOrders } from './orders.ts';

/** The states in which an event changes something. */
const statesBefore = (event: OrderEvent): OrderState[] =>
  ORDER_STATES.filter((state) => nextOrderState(state, event) !== undefined);

const OPEN_STATES: OrderState[] = ['claimed', 'authorised'];

/** The provider reserved the money. */
export async function markAuthorised(db: Db, orderId: string, reference: string): Promise<boolean> {
  const rows = await db.sql`
    update orders set state = 'authorised', provider_reference = ${reference}, updated_at = now()
    where order_id = ${orderId} and state = any(${statesBefore('authorised')}::text[]) returning 1`;
  return rows.length > 0;
}

/** The money moved: the order is paid, its tickets exist, and their documents are promised. */
export async function markPaid(db: Db, orderId: string, reference: string): Promise<boolean> {
  const rows = await db.sql`
    with o as (
      update orders set state = 'paid', provider_reference = ${reference}, map_told = false, updated_at = now()
      where order_id = ${orderId} and state = any(${statesBefore('captured')}::text[]) returning order_id, event_id
    ), t as (
      insert into tickets (order_id, event_id, seat_index)
      select o.order_id, o.event_id, i.seat_index from o join order_items i on i.order_id = o.order_id
      on conflict do nothing
    ), b as (
      insert into outbox (kind, order_id) select 'issue-tickets', order_id from o on conflict do nothing
    ), d as (
      update outbox set done_at = now() where order_id = ${orderId} and kind = 'order' and done_at is null
    )
    select 1 from o`;
  return rows.length > 0;
}

/** No money will move: the order has failed and its seats belong to nobody. */
export async function markFailed(
  db: Db,
  orderId: string,
  event: 'declined' | 'timed_out',
  failure: OrderFailure,
): Promise<boolean> {
  const rows = await db.sql`
    with o as (
      update orders set state = 'failed', failure = ${failure}, map_told = false, updated_at = now()
      where order_id = ${orderId} and state = any(${statesBefore(event)}::text[]) returning order_id
    ), c as (
      delete from claims where order_id in (select order_id from o)
    ), d as (
      update outbox set done_at = now() where order_id = ${orderId} and kind = 'order' and done_at is null
    )
    select 1 from o`;
  return rows.length > 0;
}

/**
 * An operator wants the money to go back: the promise to do so and the line in the audit, once. The answer is
 * the state in which the order was found.
 */
export async function promiseRefund(db: Db, orderId: string, actor: string): Promise<OrderState | undefined> {
  const [row] = await db.sql<{ state: OrderState }[]>`
    with o as (
      select order_id, event_id, state, amount_minor, currency from orders where order_id = ${orderId}
    ), b as (
      insert into outbox (kind, order_id) select 'refund', order_id from o where state = 'paid'
      on conflict do nothing returning order_id
    ), a as (
      insert into audit (actor, action, event_id, order_id, details)
      select ${actor}, 'order_refund', event_id, order_id,
        jsonb_build_object('amountMinor', amount_minor, 'currency', currency) from o join b using (order_id)
    )
    select state from o`;
  return row?.state;
}

/** The money went back: tickets are void, documents gone, seats free. */
export async function markRefunded(db: Db, orderId: string): Promise<boolean> {
  const rows = await db.sql`
    with o as (
      update orders set state = 'refunded', map_told = false, updated_at = now()
      where order_id = ${orderId} and state = any(${statesBefore('refunded')}::text[]) returning order_id
    ), c as (
      delete from claims where order_id in (select order_id from o)
    ), t as (
      update tickets set voided_at = now() where order_id in (select order_id from o) and voided_at is null
    ), p as (
      delete from ticket_documents where document_id in (
        select order_id from o union all select t.ticket_id from tickets t join o on o.order_id = t.order_id)
    ), d as (
      update outbox set done_at = now() where order_id = ${orderId} and done_at is null
    )
    select 1 from o`;
  return rows.length > 0;
}

/** Redis knows the outcomes of these orders. The reconciler looks for those that it does not know. */
export async function markMapTold(db: Db, orderIds: readonly string[]): Promise<void> {
  await db.sql`update orders set map_told = true where order_id = any(${[...orderIds]}::uuid[]) and not map_told`;
}

/** Finished orders whose outcome Redis has not been told for `olderThanMs`. */
export async function untoldOrders(db: Db, olderThanMs: number, limit: number): Promise<Order[]> {
  const rows = await db.sql<{ orderId: string }[]>`
    select order_id as "orderId" from orders
    where not map_told and updated_at < now() - ${olderThanMs} * interval '1 millisecond'
      and not state = any(${OPEN_STATES}::text[])
    order by updated_at limit ${limit}`;
  return rows.length === 0
    ? []
    : readOrders(
        db,
        rows.map((row) => row.orderId),
      );
}

/** Orders that should have been settled by now: their job is lost, or their provider has not spoken. */
export async function overdueOrders(db: Db, overdueMs: number, limit: number): Promise<string[]> {
  const rows = await db.sql<{ orderId: string }[]>`
    select order_id as "orderId" from orders
    where state in ('claimed', 'authorised') and pay_by < now() - ${overdueMs} * interval '1 millisecond'
    order by pay_by limit ${limit}`;
  return rows.map((row) => row.orderId);
}

/** Which of these seats of an event belong to an order now. */
export async function claimedAmong(db: Db, eventId: number, seats: readonly number[]): Promise<Set<number>> {
  const rows = await db.sql<{ seat: number }[]>`
    select seat_index as seat from claims where event_id = ${eventId} and seat_index = any(${[...seats]}::int[])`;
  return new Set(rows.map((row) => row.seat));
}

/** Events that may have holds: not over for longer than a day. */
export async function sellingEventIds(db: Db): Promise<number[]> {
  const rows = await db.sql<{ eventId: number }[]>`
    select event_id as "eventId" from events where starts_at > now() - interval '1 day' order by event_id`;
  return rows.map((row) => row.eventId);
}
