/**
 * From a hold to a claimed order. Rules CK.
 *
 * ```
 * begin-checkout   pins the hold; the same for the same order       (Redis)
 * claim            order, items, claims and promise in one statement (PostgreSQL, the judge)
 * enqueue          hurries the payment along; the promise stands without it
 * ```
 *
 * Nothing is charged before the claim stands, so a seat that somebody else has costs nobody anything.
 */
import { claimants, claimOrder, readOrder, readOrders } from '../../../db/orders.ts';
import { beginCheckout } from '../../../lua/begin-checkout.ts';
import { giveBack } from '../../../lua/give-back.ts';
import { markSold } from '../../../lua/mark-sold.ts';
import { releaseHold } from '../../../lua/release-hold.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { EventId, OrderId, VisitorId } from '../../../shared/domain/ids.ts';
import type { OrderAccepted } from '../../../shared/protocol/http.ts';
import type { Deps } from '../deps.ts';
import { acceptedView } from './order-view.ts';

export type OrderRequest = {
  readonly orderId: OrderId;
  readonly eventId: EventId;
  readonly holdId: string;
  readonly visitorId: VisitorId;
  readonly admissionId: string;
  readonly accountId: string | null;
  readonly buyer: { readonly name: string; readonly email: string };
  readonly method: string;
  readonly bodyHash: string;
};

/** The answer that an order of this id has had already. Throws `idempotency_mismatch` for another body. */
export async function earlierAnswer(
  { db }: Pick<Deps, 'db'>,
  orderId: OrderId,
  bodyHash: string,
): Promise<OrderAccepted | undefined> {
  const order = await readOrder(db, orderId);
  if (order === undefined) return undefined;
  if (order.bodyHash !== bodyHash) throw new UsherError('idempotency_mismatch', { orderId });
  return acceptedView(order);
}

/** Claims the hold's seats and promises to charge for them. Throws what the buyer is to be told. */
export async function placeOrder(deps: Deps, request: OrderRequest): Promise<OrderAccepted> {
  const { db, store, redis, jobs } = deps;
  const { orderId, eventId, holdId, visitorId, admissionId } = request;
  const event = await store.get(eventId);
  const begun = await store.run(eventId, () =>
    beginCheckout(redis, eventId, { holdId, visitorId, admissionId, orderId }),
  );
  if (!begun.begun) {
    // A twin that was faster has ended the hold by buying it.
    const twin = await earlierAnswer(deps, orderId, request.bodyHash);
    if (twin) return twin;
    throw new UsherError(begun.code);
  }
  const items = begun.seats.map((seat) => {
    const { priceMinor, categoryId } = event.seatAt(seat);
    return { seat, priceMinor, categoryId };
  });
  const outcome = await claimOrder(db, {
    orderId,
    eventId,
    visitorId,
    accountId: request.accountId,
    admissionId,
    holdId,
    fence: begun.fence,
    buyerName: request.buyer.name,
    buyerEmail: request.buyer.email,
    paymentMethod: request.method,
    currency: event.currency,
    bodyHash: request.bodyHash,
    payByMs: begun.payByMs,
    items,
  });
  if (outcome.claimed) {
    await jobs.add('order', { orderId }).catch((error: unknown) => {
      deps.log.warn({ orderId, err: error }, 'order not enqueued; the outbox will');
    });
    return acceptedView({ orderId, amountMinor: outcome.amountMinor, currency: event.currency });
  }
  if (outcome.why === 'exists') {
    const twin = await earlierAnswer(deps, orderId, request.bodyHash);
    if (twin) return twin;
    throw new Error(`The order ${orderId} is there and cannot be read.`);
  }
  const taken = await healMap(deps, request, begun.seats);
  throw new UsherError('seats_taken', { taken });
}

/**
 * PostgreSQL says that some of the held seats belong to others: Redis had forgotten. They leave the hold, the
 * map is put right, and the rest of the hold is its owner's again. Returns the taken seats.
 */
async function healMap(deps: Deps, request: OrderRequest, seats: readonly number[]): Promise<number[]> {
  const { db, store, redis, log } = deps;
  const { eventId, holdId, visitorId, orderId } = request;
  const owners = await claimants(db, eventId, seats);
  const taken = owners.map(({ seat }) => seat);
  try {
    await store.run(eventId, async () => {
      await giveBack(redis, eventId, { holdId, visitorId, orderId, failure: 'seats_taken' });
      await releaseHold(redis, eventId, { holdId, visitorId, seats: taken });
      const paid = new Set(owners.filter(({ state }) => state === 'paid').map((owner) => owner.orderId));
      for (const order of await readOrders(db, [...paid])) await markSold(redis, eventId, order);
    });
  } catch (error) {
    log.warn({ orderId, eventId, err: error }, 'map not healed yet');
  }
  log.warn({ orderId, eventId, holdId, visitorId, taken }, 'held seats belong to others: map healed');
  return taken;
}
