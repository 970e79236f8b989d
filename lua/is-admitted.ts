/** Whether an admission lives, for whoever cannot know from the feed. */
import type { AdmissionId, EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { eventKey } from './keys.ts';

/** False where it has ended; its deadline is not looked at. */
export async function isAdmitted(
  redis: RedisClient,
  eventId: EventId,
  admissionId: AdmissionId,
): Promise<boolean> {
  return (await redis.zscore(eventKey(eventId, 'admitted'), admissionId)) !== null;
}
