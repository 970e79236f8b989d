import type { AdmissionId, EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('end-admission');

/** Ends an admission, releases its unpaid holds, and gives the slot to the next. False where it had ended. */
export async function endAdmission(
  redis: RedisClient,
  eventId: EventId,
  admissionId: AdmissionId,
  reason: 'left' | 'bought' | 'revoked',
): Promise<boolean> {
  const [outcome] = await script.run(redis, eventId, [admissionId, reason]);
  return outcome === 'ended';
}
