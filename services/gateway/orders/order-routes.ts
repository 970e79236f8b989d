/** Buying what is held, and reading what became of it. Rules CK. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { readOrder } from '../../../db/orders.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import { isUuid, type VisitorId } from '../../../shared/domain/ids.ts';
import type { App, Deps } from '../deps.ts';
import { bodyHash, idempotencyKey } from '../idempotency.ts';
import { bearerToken, requireAdmission, VISITOR_COOKIE } from '../plugins/auth.ts';
import { errorAnswers, WANTS } from '../schemas.ts';
import { orderIdOf } from './order-id.ts';
import { orderView } from './order-view.ts';
import { accountOfBuyer, requireOwner } from './owner.ts';
import { earlierAnswer, placeOrder } from './place-order.ts';
import { AcceptedView, Buyer, IdText, OrderAnswer, Payment } from './schemas.ts';

/** Keys are hashed, so this is a limit on nonsense. */
export const ORDER_KEY_CHARS_MAX = 200;

const OrderBody = Type.Object({
  eventId: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
  holdId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
  buyer: Buyer,
  payment: Payment,
});

/** Routes of orders. */
export function placeOrderRoutes(app: App, deps: Deps): void {
  app.post(
    '/orders',
    {
      // Before the body is looked at: whoever shows no token is told that first.
      onRequest: async (request) => void whoAsks(request),
      schema: {
        tags: ['orders'],
        summary: 'Buy what is held',
        description:
          'The same key with the same body gives the same answer, however often it is asked and however the order went on; with another body it is 422. The seats are claimed before the card is charged.',
        headers: Type.Object({
          'idempotency-key': Type.String({ minLength: 1, maxLength: ORDER_KEY_CHARS_MAX }),
        }),
        body: OrderBody,
        security: WANTS.admission,
        response: {
          202: AcceptedView,
          ...errorAnswers(
            'no_token',
            'bad_token',
            'wrong_token',
            'token_expired',
            'admission_ended',
            'unknown_event',
            'unknown_hold',
            'seats_taken',
            'hold_paying',
            'hold_expired',
            'idempotency_mismatch',
          ),
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const { eventId, holdId, buyer, payment } = body;
      const key = idempotencyKey(request)!;
      const hash = bodyHash({ eventId, holdId, buyer, payment });
      reply.code(202).header('cache-control', 'no-store');

      // An answer that was given once is given again, though admission and hold are long over.
      const orderId = orderIdOf(whoAsks(request), key);
      const earlier = await earlierAnswer(deps, orderId, hash);
      if (earlier) return earlier;

      const { visitorId, admissionId } = requireAdmission(request, eventId);
      return placeOrder(deps, {
        orderId,
        eventId,
        holdId,
        visitorId,
        admissionId,
        accountId: accountOfBuyer(request),
        buyer,
        method: payment.method,
        bodyHash: hash,
      });
    },
  );

  app.get(
    '/orders/:orderId',
    {
      schema: {
        tags: ['orders'],
        summary: 'How an order stands',
        params: Type.Object({ orderId: IdText }),
        security: [...WANTS.visitor, ...WANTS.account],
        response: {
          200: OrderAnswer,
          ...errorAnswers('no_token', 'bad_token', 'wrong_token', 'forbidden', 'unknown_order'),
        },
      },
    },
    async (request, reply) => {
      const { orderId } = request.params;
      const order = isUuid(orderId) ? await readOrder(deps.db, orderId) : undefined;
      if (order === undefined) throw new UsherError('unknown_order');
      await requireOwner(request, deps, order);
      reply.header('cache-control', 'no-store');
      return orderView(deps, order);
    },
  );
}

/**
 * The visitor whose keys are looked up: of the admission, be it over or not, or of the visitor's own token.
 * Throws what `requireAdmission` would where no token of ours says who it is.
 */
function whoAsks(request: FastifyRequest): VisitorId {
  const { tokens } = request.server;
  const token = bearerToken(request);
  if (token === undefined) throw new UsherError('no_token');
  const claims = tokens.readAdmission(token, 0);
  const visitorId = typeof claims === 'object' ? claims.visitorId : tokens.readVisitor(token);
  if (visitorId === undefined) {
    throw new UsherError(tokens.readAccount(token) === undefined ? 'bad_token' : 'wrong_token');
  }
  const cookie = request.cookies[VISITOR_COOKIE];
  const cookieVisitor = cookie ? tokens.readVisitor(cookie) : undefined;
  if (cookieVisitor !== undefined && cookieVisitor !== visitorId) throw new UsherError('wrong_token');
  return visitorId;
}
