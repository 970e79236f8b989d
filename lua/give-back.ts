import type { EventId, HoldId, OrderId, VisitorId } from '../shared/domain/ids.ts';
import type { OrderFailure } from '../shared/domain/order.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('give-back');

/** The order failed: its hold gets its time back and the buyer is told. A stale call changes nothing. */
export async function giveBack(
  redis: RedisClient,
  eventId: EventId,
  request: {
    readonly holdId: HoldId;
    readonly visitorId: VisitorId;
    readonly orderId: OrderId;
    readonly failure: OrderFailure;
  },
): Promise<void> {
  const { holdId, visitorId, orderId, failure } = request;
  await script.run(redis, eventId, [holdId, visitorId, orderId, failure], holdId);
}
