import type { EventId, OrderId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('unsell');

/** Makes refunded seats available again. Returns how many were sold. */
export async function unsell(
  redis: RedisClient,
  eventId: EventId,
  refund: { readonly orderId: OrderId; readonly visitorId: VisitorId; readonly seats: readonly number[] },
): Promise<number> {
  const reply = await script.run(redis, eventId, [refund.orderId, refund.visitorId, refund.seats.join(',')]);
  return reply[1] as number;
}
