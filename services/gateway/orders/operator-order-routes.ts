/** Operators and what was sold: refunds, the door, documents. Rules OP, TK. */
import { Type } from 'typebox';
import { findAccount } from '../../../db/accounts.ts';
import { promiseRefund } from '../../../db/order-outcomes.ts';
import { readOrder } from '../../../db/orders.ts';
import { checkIn, deleteDocuments, documentStats } from '../../../db/tickets.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import { isUuid } from '../../../shared/domain/ids.ts';
import { orderStatus } from '../../../shared/domain/order.ts';
import type { App, Deps } from '../deps.ts';
import { OPERATOR_FAULTS } from '../operator/event-routes.ts';
import { operatorsOnly } from '../plugins/auth.ts';
import { AtMs, errorAnswers, NullableInteger, NullableString, WANTS } from '../schemas.ts';
import { IdText, OrderStatusWord } from './schemas.ts';
import { subscribed } from './subscribed.ts';

const REFUND_WAIT_MS = 5_000;
/** The whole code of a ticket, as a scanner reads it, or its id alone. */
const CODE = /^(?:USHER1\.)?([0-9a-f-]{36})(?:\.[A-Za-z0-9_-]{86})?$/;
const DOCUMENTS_KEPT_MS = 7 * 86_400_000;

/** Routes of operators about orders. */
export function operatorOrderRoutes(app: App, deps: Deps): void {
  const { db } = deps;

  app.post(
    '/admin/orders/:id/refund',
    {
      onRequest: operatorsOnly,
      schema: {
        tags: ['operators'],
        summary: 'Give the money of a whole order back, void its tickets, put its seats on sale again',
        description:
          '202 where the provider takes its time; the refund goes on. Asked again, it happens once.',
        params: Type.Object({ id: IdText }),
        security: WANTS.account,
        response: {
          200: Type.Object({ orderId: Type.String(), status: OrderStatusWord }),
          202: Type.Object({ orderId: Type.String(), status: OrderStatusWord }),
          ...errorAnswers(...OPERATOR_FAULTS, 'unknown_order', 'already_refunded'),
        },
      },
    },
    async (request, reply) => {
      const { accountId: actor } = request.operator;
      const { id: orderId } = request.params;
      const order = isUuid(orderId) ? await readOrder(db, orderId) : undefined;
      if (order === undefined) throw new UsherError('unknown_order');
      await subscribed(deps, order.eventId);
      const told = deps.orderWaiters.wait(order.eventId, orderId, REFUND_WAIT_MS);
      const state = await promiseRefund(db, orderId, actor);
      if (state !== 'paid') throw new UsherError('already_refunded', { status: orderStatus(order.state) });
      await deps.jobs.add('refund', { orderId }).catch(() => {});
      await told;
      const status = orderStatus((await readOrder(db, orderId))!.state);
      deps.log.info({ orderId, actor, status }, 'refund asked for');
      reply.code(status === 'refunded' ? 200 : 202);
      return { orderId, status };
    },
  );

  app.post(
    '/admin/check-ins',
    {
      onRequest: operatorsOnly,
      schema: {
        tags: ['operators'],
        summary: 'Let a ticket in, once',
        description:
          '`ticketId` is the id or the whole code that a scanner reads. `already` says that somebody came in with it before.',
        body: Type.Object({ ticketId: Type.String({ maxLength: 200 }) }),
        security: WANTS.account,
        response: {
          200: Type.Object({
            ticketId: Type.String(),
            orderId: Type.String(),
            eventId: Type.Integer(),
            seat: Type.Integer(),
            section: Type.String(),
            row: NullableString,
            label: NullableString,
            entrance: NullableString,
            buyerName: Type.String(),
            already: Type.Boolean(),
            checkedInAtMs: AtMs,
            checkedInBy: NullableString,
          }),
          ...errorAnswers(...OPERATOR_FAULTS, 'unknown_ticket', 'ticket_void'),
        },
      },
    },
    async (request) => {
      const ticketId = CODE.exec(request.body.ticketId.trim())?.[1] ?? '';
      const door = await findAccount(db, request.operator.accountId);
      const by = door?.email ?? request.operator.accountId;
      const found = isUuid(ticketId) ? await checkIn(db, ticketId, by) : undefined;
      if (found === undefined) throw new UsherError('unknown_ticket');
      const { ticket, already } = found;
      if (ticket.voided) throw new UsherError('ticket_void', { ticketId });
      const [event, order] = await Promise.all([
        deps.store.get(ticket.eventId),
        readOrder(db, ticket.orderId),
      ]);
      const { sectionName, row, label, entrance } = event.seatAt(ticket.seat);
      return {
        ticketId,
        orderId: ticket.orderId,
        eventId: ticket.eventId,
        seat: ticket.seat,
        section: sectionName,
        row,
        label,
        entrance,
        buyerName: order?.buyerName ?? '',
        already,
        checkedInAtMs: ticket.checkedInAtMs!,
        checkedInBy: ticket.checkedInBy,
      };
    },
  );

  app.get(
    '/admin/pdf-stats',
    {
      onRequest: operatorsOnly,
      schema: {
        tags: ['operators'],
        summary: 'Ticket documents: how many there are, how large, how many are waited for',
        security: WANTS.account,
        response: {
          200: Type.Object({
            documents: Type.Integer(),
            bytes: Type.Integer(),
            oldestAtMs: NullableInteger,
            newestAtMs: NullableInteger,
            tickets: Type.Integer(),
            waiting: Type.Integer(),
          }),
          ...errorAnswers(...OPERATOR_FAULTS),
        },
      },
    },
    async () => documentStats(db),
  );

  app.post(
    '/admin/cleanup-tickets',
    {
      onRequest: operatorsOnly,
      schema: {
        tags: ['operators'],
        summary: 'Delete old ticket documents; whoever asks for one again gets a new one that says the same',
        body: Type.Union([
          Type.Object({
            olderThanMs: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
          }),
          Type.Null(),
        ]),
        security: WANTS.account,
        response: {
          200: Type.Object({ deleted: Type.Integer(), bytes: Type.Integer() }),
          ...errorAnswers(...OPERATOR_FAULTS),
        },
      },
    },
    async (request) => {
      const { accountId: actor } = request.operator;
      const olderThanMs = request.body?.olderThanMs ?? DOCUMENTS_KEPT_MS;
      const outcome = await deleteDocuments(db, olderThanMs);
      deps.log.info({ actor, olderThanMs, ...outcome }, 'ticket documents deleted');
      return outcome;
    },
  );
}
