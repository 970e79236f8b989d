import type { AdmissionId, EventId, HoldId, OrderId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('mark-sold');

/**
 * Shows seats as sold that PostgreSQL says are paid for, ends their hold and the buyer's admission.
 *
 * @returns how many of them were not sold before.
 */
export async function markSold(
  redis: RedisClient,
  eventId: EventId,
  sale: {
    readonly orderId: OrderId;
    readonly holdId: HoldId;
    readonly visitorId: VisitorId;
    readonly admissionId: AdmissionId;
    readonly seats: readonly number[];
  },
): Promise<number> {
  const { orderId, holdId, visitorId, admissionId, seats } = sale;
  const reply = await script.run(redis, eventId, [orderId, holdId, visitorId, admissionId, seats.join(',')]);
  return reply[1] as number;
}
