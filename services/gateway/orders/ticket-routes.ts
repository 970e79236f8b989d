/** Handing out ticket documents. Rules TK. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type Order, readOrder } from '../../../db/orders.ts';
import { readDocument, readTicket } from '../../../db/tickets.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import { isUuid } from '../../../shared/domain/ids.ts';
import { orderStatus } from '../../../shared/domain/order.ts';
import type { App, Deps } from '../deps.ts';
import { errorAnswers, WANTS } from '../schemas.ts';
import { requireOwner } from './owner.ts';
import { IdText } from './schemas.ts';

/** A document that is being made is waited for this long, since a browser that is told 202 shows nothing. */
const DOCUMENT_WAIT_MS = 2_500;
const DOCUMENT_LOOK_MS = 120;
const RETRY_AFTER_S = 1;

const BeingMade = Type.Object({ status: Type.Literal('being_made'), retryAfterMs: Type.Integer() });

/** The route of documents. */
export function ticketRoutes(app: App, deps: Deps): void {
  app.get(
    '/tickets/:id',
    {
      schema: {
        tags: ['tickets'],
        summary: 'The PDF of a ticket, or of all tickets of an order',
        description:
          'For its owner, by token or by the signed link of a mail. 202 while it is being made: ask again after Retry-After.',
        params: Type.Object({ id: IdText }),
        querystring: Type.Object({
          exp: Type.Optional(Type.Integer({ minimum: 0 })),
          sig: Type.Optional(Type.String({ maxLength: 200 })),
        }),
        security: [...WANTS.visitor, ...WANTS.account, {}],
        response: {
          200: {
            description: 'The document.',
            content: {
              'application/pdf': { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
            },
          },
          202: BeingMade,
          ...errorAnswers(
            'no_token',
            'bad_token',
            'wrong_token',
            'forbidden',
            'unknown_ticket',
            'ticket_void',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const order = await orderOf(deps, id);
      if (order === undefined) throw new UsherError('unknown_ticket');
      if (!hasSignedLink(request, deps)) await requireOwner(request, deps, order);
      reply.header('cache-control', 'private, no-store');

      const status = orderStatus(order.state);
      if (status === 'refunded') throw new UsherError('ticket_void');
      if (status === 'failed') throw new UsherError('unknown_ticket');
      const pdf = status === 'paid' ? await document(deps, order, id) : undefined;
      if (pdf === undefined) {
        reply.code(202).header('retry-after', RETRY_AFTER_S);
        return { status: 'being_made' as const, retryAfterMs: RETRY_AFTER_S * 1000 };
      }
      reply
        .type('application/pdf')
        .header('content-disposition', `inline; filename="tickets-${id.slice(0, 8)}.pdf"`)
        .header('x-content-type-options', 'nosniff')
        .header('referrer-policy', 'no-referrer');
      return reply.send(pdf);
    },
  );
}

/** The order that a ticket's id or an order's id names. */
async function orderOf({ db }: Deps, id: string): Promise<Order | undefined> {
  if (!isUuid(id)) return undefined;
  const order = await readOrder(db, id);
  if (order) return order;
  const ticket = await readTicket(db, id);
  return ticket && readOrder(db, ticket.orderId);
}

/** Whether the request carries the signature of a mailed link. Throws `wrong_token` for one that is none or too old. */
function hasSignedLink(request: FastifyRequest, { tokens }: Deps): boolean {
  const { id } = request.params as { id: string };
  const { exp, sig } = request.query as { exp?: number; sig?: string };
  if (exp === undefined || sig === undefined) return false;
  if (tokens.checkLink(id, exp, sig)) return true;
  throw new UsherError('wrong_token');
}

/** The document, made where it is not there; undefined where that takes longer than a request should. */
async function document({ db, jobs }: Deps, order: Order, id: string): Promise<Buffer | undefined> {
  // The document of an order with one ticket is that ticket's.
  const documentId = order.seats.length === 1 ? order.orderId : id;
  const made = await readDocument(db, documentId);
  if (made) return made;
  await jobs.add('issue-tickets', { orderId: order.orderId, documentId }).catch(() => {});
  const untilMs = performance.now() + DOCUMENT_WAIT_MS;
  while (performance.now() < untilMs) {
    await sleep(DOCUMENT_LOOK_MS);
    const pdf = await readDocument(db, documentId);
    if (pdf) return pdf;
  }
  return undefined;
}
