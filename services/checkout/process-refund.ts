/** Gives an order's money back, as an operator has asked. Like every step, it may run twice and ends once. */
import { markRefunded } from '../../db/order-outcomes.ts';
import { readOrder } from '../../db/orders.ts';
import { markDone } from '../../db/outbox.ts';
import type { CheckoutDeps } from './deps.ts';
import { RetryLater } from './retry-later.ts';

/** Refunds at the provider, then here. Throws RetryLater where the provider has not spoken. */
export async function processRefund(deps: CheckoutDeps, orderId: string): Promise<void> {
  const order = await readOrder(deps.db, orderId);
  if (order === undefined || order.state !== 'paid') {
    if (order?.state === 'refunded' && !order.mapTold) await deps.teller.tell(order);
    return markDone(deps.db, orderId, 'refund');
  }
  const answer = await deps.payments.refund(orderId).catch((error: unknown) => {
    throw new RetryLater('It is not known whether the money went back.', undefined, error);
  });
  if (answer.state !== 'refunded') {
    throw new RetryLater(`The payment is ${answer.state} at the provider and was not refunded.`);
  }
  if (!(await markRefunded(deps.db, orderId))) return;
  await deps.teller.tell({ ...order, state: 'refunded' });
  deps.metrics.orders.inc({ event: order.eventId, outcome: 'refunded' });
  deps.log.info({ orderId, eventId: order.eventId, amountMinor: order.amountMinor }, 'order refunded');
}
