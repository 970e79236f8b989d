/**
 * Pays for an order. Rules CK.
 *
 * ```
 * claimed ──authorise──▶ authorised ──capture──▶ paid        (+ tickets, + promise of their documents)
 *    │                       │
 *    ├──declined─────────────┴──▶ failed                     (- claims)
 *    └──time over, cancelled ───▶ failed
 * ```
 *
 * Every run begins by reading the order's state and the provider's, and may end anywhere: the next run, of
 * this process or another, goes on from there. No connection to PostgreSQL is held while the provider is asked.
 */
import { markAuthorised, markFailed, markPaid } from '../../db/order-outcomes.ts';
import { type Order, readOrder } from '../../db/orders.ts';
import { markDone } from '../../db/outbox.ts';
import {
  nextOrderState,
  type OrderEvent,
  type OrderFailure,
  type OrderState,
} from '../../shared/domain/order.ts';
import type { CheckoutDeps } from './deps.ts';
import type { PaymentAnswer, PaymentRequest } from './payment-port.ts';
import { RetryLater } from './retry-later.ts';

/**
 * Runs an order as far as it goes now. Throws RetryLater where the provider has not spoken.
 *
 * @param first nobody has tried before, so there is nothing to ask the provider about.
 */
export async function processCheckout(deps: CheckoutDeps, orderId: string, first: boolean): Promise<void> {
  const order = await readOrder(deps.db, orderId);
  if (order === undefined) {
    deps.log.warn({ orderId }, 'a job names an order that is not there');
    return;
  }
  if (order.state !== 'claimed' && order.state !== 'authorised') {
    if (!order.mapTold) await deps.teller.tell(order);
    return markDone(deps.db, orderId, 'order');
  }
  let answer = await ask(deps, order, first);
  if (answer.state === 'authorised') {
    await timed(deps, 'authorised', () => markAuthorised(deps.db, orderId, referenceOf(answer)));
    answer = await deps.payments.capture(orderId).catch((error: unknown) => {
      throw new RetryLater('It is not known whether the money moved.', order.payByMs, error);
    });
  }
  await settle(deps, order, answer);
}

/** What the provider makes of the order, by the gentlest call that tells. */
async function ask(deps: CheckoutDeps, order: Order, first: boolean): Promise<PaymentAnswer> {
  const { payments } = deps;
  const request: PaymentRequest = {
    key: order.orderId,
    method: order.paymentMethod,
    amountMinor: order.amountMinor,
    currency: order.currency,
  };
  try {
    const leftMs = order.payByMs - Date.now();
    if (leftMs <= 0) return await payments.cancel(request);
    if (!first) {
      const known = await payments.lookup(order.orderId);
      if (known.state !== 'unknown') return known;
    }
    return await payments.authorise(request, leftMs);
  } catch (error) {
    // The claim stays: the money may have moved, whatever we heard.
    throw new RetryLater('The provider has not said how the payment stands.', order.payByMs, error);
  }
}

async function settle(deps: CheckoutDeps, order: Order, answer: PaymentAnswer): Promise<void> {
  switch (answer.state) {
    case 'captured':
      return finish(deps, order, 'captured', () => markPaid(deps.db, order.orderId, answer.reference));
    case 'declined':
      return fail(deps, order, 'declined', 'card_declined');
    case 'void':
      return fail(deps, order, 'timed_out', 'payment_timeout');
    case 'refunded':
      // Somebody gave the money back at the provider while we still thought to get it.
      deps.metrics.alarms.inc({ what: 'refunded_before_paid' });
      deps.log.error({ orderId: order.orderId }, 'refunded at the provider before it was paid here');
      return fail(deps, order, 'timed_out', 'provider_error');
    case 'pending':
    case 'unknown':
    case 'authorised':
      throw new RetryLater(`The payment is ${answer.state} at the provider.`, order.payByMs);
  }
}

function fail(
  deps: CheckoutDeps,
  order: Order,
  event: 'declined' | 'timed_out',
  failure: OrderFailure,
): Promise<void> {
  return finish(deps, order, event, () => markFailed(deps.db, order.orderId, event, failure), failure);
}

/** Writes the outcome down; whoever wrote it tells the map and the world. */
async function finish(
  deps: CheckoutDeps,
  order: Order,
  event: OrderEvent,
  write: () => Promise<boolean>,
  failure: OrderFailure | null = null,
): Promise<void> {
  const state = nextOrderState(order.state, event)!;
  if (!(await timed(deps, state, write))) return overtaken(deps, order, event);
  const finished: Order = { ...order, state, failure };
  await timed(deps, 'told', () => deps.teller.tell(finished));
  const { orderId, eventId } = order;
  if (state === 'paid') await deps.jobs.add('issue-tickets', { orderId }).catch(() => {});
  const tookMs = Date.now() - order.createdAtMs;
  deps.metrics.orders.inc({ event: eventId, outcome: failure ?? state });
  deps.metrics.orderSeconds.observe({ outcome: failure ?? state }, tookMs / 1000);
  deps.log.info(
    { orderId, eventId, visitorId: order.visitorId, state, failure, amountMinor: order.amountMinor, tookMs },
    'order settled',
  );
}

/** Another run was faster. That it came to another end than we did must not happen, and costs us, not the buyer. */
async function overtaken(deps: CheckoutDeps, order: Order, event: OrderEvent): Promise<void> {
  const now = await readOrder(deps.db, order.orderId);
  const expected: OrderState = event === 'captured' ? 'paid' : 'failed';
  if (now === undefined || now.state === expected || now.state === 'refunded') return;
  deps.metrics.alarms.inc({ what: 'outcomes_differ' });
  deps.log.error({ orderId: order.orderId, state: now.state, event }, 'an order has two outcomes');
  if (event === 'captured' && now.state === 'failed') await deps.payments.refund(order.orderId);
}

function referenceOf(answer: PaymentAnswer): string {
  return answer.state === 'authorised' || answer.state === 'captured' ? answer.reference : '';
}

async function timed<T>(deps: CheckoutDeps, step: string, work: () => Promise<T>): Promise<T> {
  const end = deps.metrics.stepSeconds.startTimer({ step });
  try {
    const result = await work();
    end({ outcome: 'ok' });
    return result;
  } catch (error) {
    end({ outcome: 'error' });
    throw error;
  }
}
