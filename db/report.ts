/** How a sale went, summed by PostgreSQL: what was paid is counted, nothing else. */
import type { Db } from './client.ts';

export type Report = {
  readonly sold: number;
  readonly revenueMinor: number;
  readonly refundedMinor: number;
  readonly orders: {
    readonly total: number;
    readonly pending: number;
    readonly paid: number;
    readonly failed: number;
    readonly refunded: number;
  };
  /** Different visitors who began an order, and who have a paid one. */
  readonly visitors: { readonly ordered: number; readonly bought: number };
  readonly checkedIn: number;
  readonly firstSaleAtMs: number | null;
  readonly lastSaleAtMs: number | null;
  readonly byCategory: ReadonlyMap<string, { readonly sold: number; readonly revenueMinor: number }>;
};

/** Sums an event's orders. */
export async function readReport({ sql }: Db, eventId: number): Promise<Report> {
  const [orders, categories, checkIns] = await Promise.all([
    sql`
      select count(*)::int as total,
        count(*) filter (where state in ('claimed', 'authorised'))::int as pending,
        count(*) filter (where state = 'paid')::int as paid,
        count(*) filter (where state = 'failed')::int as failed,
        count(*) filter (where state = 'refunded')::int as refunded,
        coalesce(sum(amount_minor) filter (where state = 'paid'), 0)::float8 as revenue,
        coalesce(sum(amount_minor) filter (where state = 'refunded'), 0)::float8 as returned,
        count(distinct visitor_id)::int as ordered,
        count(distinct visitor_id) filter (where state = 'paid')::int as bought,
        floor(extract(epoch from min(created_at) filter (where state = 'paid')) * 1000)::float8 as first,
        floor(extract(epoch from max(created_at) filter (where state = 'paid')) * 1000)::float8 as last
      from orders where event_id = ${eventId}`,
    sql<{ category: string; sold: number; revenue: number }[]>`
      select i.category_id as category, count(*)::int as sold, sum(i.price_minor)::float8 as revenue
      from order_items i join orders o on o.order_id = i.order_id
      where o.event_id = ${eventId} and o.state = 'paid'
      group by i.category_id`,
    sql`select count(*)::int as count from tickets
      where event_id = ${eventId} and checked_in_at is not null and voided_at is null`,
  ]);
  const { total, pending, paid, failed, refunded, revenue, returned, ordered, bought, first, last } =
    orders[0] as Record<string, number>;
  const byCategory = new Map(
    categories.map(({ category, sold, revenue: revenueMinor }) => [category, { sold, revenueMinor }]),
  );
  return {
    sold: [...byCategory.values()].reduce((sum, { sold }) => sum + sold, 0),
    revenueMinor: revenue!,
    refundedMinor: returned!,
    orders: { total: total!, pending: pending!, paid: paid!, failed: failed!, refunded: refunded! },
    visitors: { ordered: ordered!, bought: bought! },
    checkedIn: (checkIns[0] as { count: number }).count,
    firstSaleAtMs: first ?? null,
    lastSaleAtMs: last ?? null,
    byCategory,
  };
}
