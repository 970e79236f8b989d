/**
 * Orders as they are claimed and read. Rules CK.
 *
 * A claim is one statement: the order, its items, the claims and the promise to pay for them stand together
 * or not at all. One statement with CTEs instead of begin, four inserts and commit more than doubles the
 * sales a second, and holds no lock across a round trip.
 */
import type { OrderFailure, OrderState } from '../shared/domain/order.ts';
import { type Db, sqlState } from './client.ts';

export type Order = {
  readonly orderId: string;
  readonly eventId: number;
  readonly visitorId: string;
  readonly accountId: string | null;
  readonly admissionId: string;
  readonly holdId: string;
  readonly fence: number;
  readonly state: OrderState;
  readonly failure: OrderFailure | null;
  readonly buyerName: string;
  readonly buyerEmail: string;
  readonly paymentMethod: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly bodyHash: string;
  readonly payByMs: number;
  readonly providerReference: string | null;
  readonly mapTold: boolean;
  readonly createdAtMs: number;
  /** Ascending. */
  readonly seats: readonly number[];
};

export type NewOrder = Omit<
  Order,
  'state' | 'failure' | 'providerReference' | 'mapTold' | 'createdAtMs' | 'seats' | 'amountMinor'
> & { readonly items: readonly OrderItem[] };

export type OrderItem = { readonly seat: number; readonly priceMinor: number; readonly categoryId: string };

export type ClaimOutcome =
  | { readonly claimed: true; readonly amountMinor: number }
  /** There is an order of this id already: a twin was faster. */
  | { readonly claimed: false; readonly why: 'exists' }
  /** At least one seat belongs to another order. Nothing was written. */
  | { readonly claimed: false; readonly why: 'seats_taken' };

/** What the seats cost together. */
export function amountOf(items: readonly OrderItem[]): number {
  return items.reduce((sum, item) => sum + item.priceMinor, 0);
}

/**
 * Claims seats for an order. Twins in flight meet at the primary key of orders: the second waits there for
 * the first and then finds the order. Seats are claimed in ascending order, so that two orders with seats in
 * common wait for each other in one direction only.
 */
export async function claimOrder(db: Db, order: NewOrder): Promise<ClaimOutcome> {
  const { sql } = db;
  const items = order.items.toSorted((a, b) => a.seat - b.seat);
  const amountMinor = amountOf(items);
  try {
    const rows = await sql`
      with o as (
        insert into orders (order_id, event_id, visitor_id, account_id, admission_id, hold_id, fence, buyer_name,
          buyer_email, payment_method, amount_minor, currency, body_hash, pay_by)
        values (${order.orderId}, ${order.eventId}, ${order.visitorId}, ${order.accountId}, ${order.admissionId},
          ${order.holdId}, ${order.fence}, ${order.buyerName}, ${order.buyerEmail}, ${order.paymentMethod},
          ${amountMinor}, ${order.currency}, ${order.bodyHash}, ${new Date(order.payByMs).toISOString()})
        on conflict (order_id) do nothing
        returning order_id, event_id
      ), item as (
        select * from unnest(${items.map((item) => item.seat)}::int[], ${items.map((item) => item.priceMinor)}::int[],
          ${items.map((item) => item.categoryId)}::text[]) as item (seat_index, price_minor, category_id)
      ), i as (
        insert into order_items (order_id, seat_index, price_minor, category_id)
        select o.order_id, item.* from o cross join item
      ), c as (
        insert into claims (event_id, seat_index, order_id)
        select o.event_id, item.seat_index, o.order_id from o cross join item order by item.seat_index
      ), b as (
        insert into outbox (kind, order_id) select 'order', order_id from o
      )
      select order_id from o`;
    return rows.length > 0 ? { claimed: true, amountMinor } : { claimed: false, why: 'exists' };
  } catch (error) {
    if (sqlState(error) === '23505') return { claimed: false, why: 'seats_taken' };
    throw error;
  }
}

/** Who has these seats already: for the answer to the loser, and to mend a map that did not know. */
export async function claimants(
  db: Db,
  eventId: number,
  seats: readonly number[],
): Promise<{ seat: number; orderId: string; state: OrderState }[]> {
  return db.sql`
    select c.seat_index as seat, c.order_id as "orderId", o.state
    from claims c join orders o on o.order_id = c.order_id
    where c.event_id = ${eventId} and c.seat_index = any(${[...seats]}::int[])
    order by c.seat_index`;
}

const columns = (db: Db) => db.sql`
  o.order_id as "orderId", o.event_id as "eventId", o.visitor_id as "visitorId", o.account_id as "accountId",
  o.admission_id as "admissionId", o.hold_id as "holdId", o.fence::float8 as fence, o.state, o.failure,
  o.buyer_name as "buyerName", o.buyer_email as "buyerEmail", o.payment_method as "paymentMethod",
  o.amount_minor as "amountMinor", o.currency, o.body_hash as "bodyHash",
  floor(extract(epoch from o.pay_by) * 1000)::float8 as "payByMs", o.provider_reference as "providerReference",
  o.map_told as "mapTold", floor(extract(epoch from o.created_at) * 1000)::float8 as "createdAtMs",
  array(select i.seat_index from order_items i where i.order_id = o.order_id order by i.seat_index) as seats`;

/** The order, or undefined where there is none. */
export async function readOrder(db: Db, orderId: string): Promise<Order | undefined> {
  const [row] = await db.sql<Order[]>`select ${columns(db)} from orders o where o.order_id = ${orderId}`;
  return row;
}

/** Several orders at once, in no order. */
export async function readOrders(db: Db, orderIds: readonly string[]): Promise<Order[]> {
  return db.sql<
    Order[]
  >`select ${columns(db)} from orders o where o.order_id = any(${[...orderIds]}::uuid[])`;
}

/** An account's or a visitor's orders, newest first; an account has those of the visitors linked to it too. */
export async function ordersOf(
  db: Db,
  owner: { readonly accountId?: string | undefined; readonly visitorId?: string | undefined },
  limit = 100,
): Promise<(Order & { eventName: string; venueName: string; startsAtMs: number })[]> {
  const { accountId = null, visitorId = null } = owner;
  // A union, since an `or` over a subquery would read the whole table.
  return db.sql`
    select ${columns(db)}, e.name as "eventName", e.venue_name as "venueName",
      floor(extract(epoch from e.starts_at) * 1000)::float8 as "startsAtMs"
    from orders o join events e on e.event_id = o.event_id
    where o.order_id in (
      select order_id from orders where account_id = ${accountId}::uuid
      union select order_id from orders where visitor_id = ${visitorId}
      union select linked.order_id from orders linked
        join account_visitors v on v.visitor_id = linked.visitor_id where v.account_id = ${accountId}::uuid)
    order by o.created_at desc limit ${limit}`;
}

/** Whether an account may see a visitor's orders, because it has logged in as that visitor. */
export async function accountOwnsVisitor(db: Db, accountId: string, visitorId: string): Promise<boolean> {
  const rows = await db.sql`
    select 1 from account_visitors where visitor_id = ${visitorId} and account_id = ${accountId}`;
  return rows.length > 0;
}
