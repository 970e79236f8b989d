/** A ticket in one call: the best seats, bought at once. Rules CK. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type Order, readOrder } from '../../../db/orders.ts';
import { ticketsOf } from '../../../db/tickets.ts';
import { holdBest } from '../../../lua/hold-best.ts';
import type { HoldDenial } from '../../../lua/hold-reply.ts';
import { releaseHold } from '../../../lua/release-hold.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import { type EventId, type OrderId, randomId, type VisitorId } from '../../../shared/domain/ids.ts';
import { orderStatus } from '../../../shared/domain/order.ts';
import type { Purchase, TicketView } from '../../../shared/protocol/http.ts';
import type { App, Deps } from '../deps.ts';
import { bodyHash, idempotencyKey } from '../idempotency.ts';
import { bearerToken, identify, requireAdmission, setTokenCookie, VISITOR_COOKIE } from '../plugins/auth.ts';
import { EventParams, errorAnswers, WANTS } from '../schemas.ts';
import { orderIdOf } from './order-id.ts';
import { ticketView } from './order-view.ts';
import { accountOfBuyer } from './owner.ts';
import { earlierAnswer, type OrderRequest, placeOrder } from './place-order.ts';
import { Buyer, Payment, PurchaseView } from './schemas.ts';
import { subscribed } from './subscribed.ts';

/** How long the answer waits for the payment; after it the buyer polls. */
const OUTCOME_WAIT_MS = 2_500;
/** A map that was wrong about some seats is right about them afterwards, so that others are found. */
const ATTEMPTS_MAX = 5;

const BuyBody = Type.Object({
  quantity: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 1 })),
  buyer: Buyer,
  payment: Payment,
});

type Visit = { readonly visitorId: VisitorId; readonly admissionId: string };

/** The route of a purchase in one call. */
export function buyRoute(app: App, deps: Deps): void {
  app.post(
    '/buy/:eventId',
    {
      schema: {
        tags: ['orders'],
        summary: 'A ticket in one call: the best seats, paid for at once',
        description:
          'No token where the waiting room of the event is off; else an admission token. 202 where the payment takes longer. An Idempotency-Key counts for the visitor who shows a token, and for whoever shows none.',
        params: EventParams,
        body: BuyBody,
        security: [{}, ...WANTS.admission],
        response: {
          201: PurchaseView,
          202: PurchaseView,
          ...errorAnswers(
            'no_token',
            'bad_token',
            'card_declined',
            'payment_timeout',
            'wrong_token',
            'token_expired',
            'admission_ended',
            'unknown_event',
            'sold_out',
            'over_limit',
            'not_on_sale',
            'seats_taken',
            'idempotency_mismatch',
          ),
        },
      },
    },
    async (request, reply): Promise<Purchase & { tickets: TicketView[] }> => {
      const { eventId } = request.params;
      const { quantity = 1, buyer, payment } = request.body;
      await deps.store.get(eventId);
      const key = idempotencyKey(request);
      const visit = visitOf(request, eventId, key);
      const { visitorId } = visit;
      const orderId = key === undefined ? crypto.randomUUID() : orderIdOf(visitorId, key);
      const hash = bodyHash({ eventId, quantity, buyer, payment });
      const twin = key !== undefined && (await earlierAnswer(deps, orderId, hash)) !== undefined;
      await subscribed(deps, eventId);
      const heard = twin
        ? { told: deps.orderWaiters.wait(eventId, orderId, OUTCOME_WAIT_MS) }
        : await holdAndPlace(deps, request, visit, quantity, {
            orderId,
            eventId,
            accountId: accountOfBuyer(request),
            buyer,
            method: payment.method,
            bodyHash: hash,
          });
      const order = await outcomeOf(deps, orderId, heard.told, twin);
      const visitorToken = deps.tokens.signVisitor(visitorId);
      setTokenCookie(request, reply, VISITOR_COOKIE, visitorToken);
      reply.header('cache-control', 'no-store');
      if (order.state === 'failed') {
        const code = order.failure === 'card_declined' ? 'card_declined' : 'payment_timeout';
        throw new UsherError(code, { purchaseId: orderId, visitorToken });
      }
      const status = orderStatus(order.state);
      const tickets = status === 'paid' ? (await ticketsOf(deps.db, [orderId])).map(ticketView) : [];
      reply.code(status === 'pending' ? 202 : 201);
      return { purchaseId: orderId, status, tickets, visitorToken };
    },
  );
}

/**
 * Who buys. An admission to this event where one is shown; else the visitor without one, which the scripts
 * accept where the waiting room is off. Somebody whom nobody knows becomes a visitor here, the same one whenever
 * it comes with the same key: whoever lost the answer has no token to show.
 */
function visitOf(request: FastifyRequest, eventId: EventId, key: string | undefined): Visit {
  const token = bearerToken(request);
  if (token !== undefined && request.server.tokens.readAdmission(token) !== 'bad') {
    const { visitorId, admissionId } = requireAdmission(request, eventId);
    return { visitorId, admissionId };
  }
  const stranger = () => (key === undefined ? randomId() : orderIdOf(`buy-${eventId}`, key));
  return { visitorId: identify(request).visitorId ?? stranger(), admissionId: '' };
}

/** Holds and claims. Resolves, once the order is claimed, with the promise of hearing its outcome. */
async function holdAndPlace(
  deps: Deps,
  request: FastifyRequest,
  visit: Visit,
  count: number,
  order: Omit<OrderRequest, 'holdId' | keyof Visit>,
): Promise<{ readonly told: Promise<boolean> }> {
  const { store, redis, orderWaiters } = deps;
  const { eventId, orderId } = order;
  for (let attempt = 1; ; attempt += 1) {
    // Named by the order, so that twins in flight take one hold and not two.
    const holdId = `${orderId}-${attempt}`;
    const held = await store.runTwice(eventId, () =>
      holdBest(redis, eventId, { ...visit, holdId, count, scatter: true }),
    );
    deps.metrics.holds.inc({ event: eventId, outcome: held.granted ? 'granted' : held.code });
    if (!held.granted) throw refusal(request, visit, held.code);
    const told = orderWaiters.wait(eventId, orderId, OUTCOME_WAIT_MS);
    try {
      await placeOrder(deps, { ...order, ...visit, holdId });
      return { told };
    } catch (error) {
      // The seats are nobody's: a buyer in one call does not know the hold and could not give it back.
      await store.run(eventId, () => releaseHold(redis, eventId, { ...visit, holdId })).catch(() => {});
      const wrongMap = error instanceof UsherError && error.code === 'seats_taken';
      if (!wrongMap || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

/** A hold that was refused for want of an admission says which token was missing. */
function refusal(request: FastifyRequest, visit: Visit, code: HoldDenial): UsherError {
  // Seats apart from each other would have done: there are not that many left.
  if (code === 'no_adjacent_seats') return new UsherError('sold_out');
  if (code !== 'admission_ended' || visit.admissionId !== '') return new UsherError(code);
  return new UsherError(bearerToken(request) === undefined ? 'no_token' : 'wrong_token');
}

/** The order when its outcome is heard, or as it stands when the time to wait is over. */
async function outcomeOf(
  { db }: Deps,
  orderId: OrderId,
  told: Promise<boolean>,
  twin: boolean,
): Promise<Order> {
  // A retry may come when all is long over, and nothing will be heard any more.
  const before = twin ? await readOrder(db, orderId) : undefined;
  if (before !== undefined && orderStatus(before.state) !== 'pending') return before;
  await told;
  return (await readOrder(db, orderId))!;
}
