/** What operators read: the audit, and how a sale went. Rules OP. */
import { Type } from 'typebox';
import { readAudit } from '../../../db/audit.ts';
import { readReport } from '../../../db/report.ts';
import type { App, Deps } from '../deps.ts';
import type { Catalogue } from '../events/catalogue.ts';
import { liveCounts } from '../events/live-counts.ts';
import {
  AtMs,
  EventParams,
  errorAnswers,
  LineCounts,
  NullableInteger,
  NullableString,
  SeatCountsView,
  WANTS,
} from '../schemas.ts';
import { OPERATOR_FAULTS } from './event-routes.ts';

const AuditAnswer = Type.Object({
  entries: Type.Array(
    Type.Object({
      auditId: Type.Integer(),
      atMs: AtMs,
      actor: Type.String(),
      action: Type.String(),
      eventId: NullableInteger,
      orderId: NullableString,
      details: Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true }),
    }),
  ),
  nextBeforeId: NullableInteger,
});

const Orders = Type.Object({
  total: Type.Integer(),
  pending: Type.Integer(),
  paid: Type.Integer(),
  failed: Type.Integer(),
  refunded: Type.Integer(),
});

const ReportAnswer = Type.Object({
  eventId: Type.Integer(),
  name: Type.String(),
  currency: Type.String(),
  seats: SeatCountsView,
  line: LineCounts,
  sold: Type.Integer({ description: 'Seats of paid orders.' }),
  revenueMinor: Type.Integer(),
  refundedMinor: Type.Integer(),
  orders: Orders,
  visitors: Type.Object({ ordered: Type.Integer(), bought: Type.Integer() }),
  checkedIn: Type.Integer(),
  byCategory: Type.Array(
    Type.Object({
      categoryId: Type.String(),
      name: Type.String(),
      sold: Type.Integer(),
      revenueMinor: Type.Integer(),
    }),
  ),
  conversion: Type.Unsafe<number | null>({
    type: ['number', 'null'],
    description: 'Paid orders as a share of all orders that are not pending; null before the first.',
  }),
  firstSaleAtMs: NullableInteger,
  lastSaleAtMs: NullableInteger,
});

/** Routes of what operators read. */
export function operatorReportRoutes(app: App, deps: Deps, catalogue: Catalogue): void {
  const { db, store } = deps;

  app.get(
    '/admin/audit',
    {
      schema: {
        tags: ['operators'],
        summary: 'Who did what, the latest first',
        querystring: Type.Object({
          eventId: Type.Optional(Type.Integer({ minimum: 1, maximum: 999_999_999 })),
          beforeId: Type.Optional(Type.Integer({ minimum: 1 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
        }),
        security: WANTS.account,
        response: { 200: AuditAnswer, ...errorAnswers(...OPERATOR_FAULTS) },
      },
    },
    async (request) => {
      const { limit = 100, ...filter } = request.query;
      const entries = await readAudit(db, { ...filter, limit });
      return { entries, nextBeforeId: entries.length === limit ? entries.at(-1)!.auditId : null };
    },
  );

  app.get(
    '/admin/events/:eventId/report',
    {
      schema: {
        tags: ['operators'],
        summary: 'How the sale goes: seats, money, orders',
        params: EventParams,
        security: WANTS.account,
        response: { 200: ReportAnswer, ...errorAnswers(...OPERATOR_FAULTS, 'unknown_event') },
      },
    },
    async (request) => {
      const { eventId } = request.params;
      const entry = await catalogue.get(eventId);
      const { plan } = await store.get(eventId);
      const [live, report] = await Promise.all([liveCounts(deps, [entry]), readReport(db, eventId)]);
      const { seats, line } = live.get(eventId)!;
      const { paid, pending, total } = report.orders;
      const byCategory = plan.categories.map(({ id, name }) => {
        const { sold = 0, revenueMinor = 0 } = report.byCategory.get(id) ?? {};
        return { categoryId: id, name, sold, revenueMinor };
      });
      return {
        ...report,
        eventId,
        name: entry.name,
        currency: entry.currency,
        seats,
        line,
        byCategory,
        conversion: total === pending ? null : Math.round((paid / (total - pending)) * 10_000) / 10_000,
      };
    },
  );
}
