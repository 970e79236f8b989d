import type { EventId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript, UnknownReply } from './run-script.ts';

const script = loadScript('leave-line');

/** Leaves the line or the room. Leaving twice is leaving once. */
export async function leaveLine(
  redis: RedisClient,
  eventId: EventId,
  visitorId: VisitorId,
): Promise<'left' | 'no_place'> {
  const [outcome] = await script.run(redis, eventId, [eventId, visitorId]);
  if (outcome !== 'left' && outcome !== 'no_place') throw new UnknownReply(script.name, outcome);
  return outcome;
}
