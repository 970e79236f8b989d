import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { eventKey } from './keys.ts';

/** How many places each of these codes has been used for, in their order; a line that began anew counts anew. */
export async function readCodeUses(
  redis: RedisClient,
  eventId: EventId,
  codeIds: readonly string[],
): Promise<number[]> {
  if (codeIds.length === 0) return [];
  const uses = await redis.hmget(eventKey(eventId, 'places'), ...codeIds.map((id) => `uses:${id}`));
  return uses.map(Number);
}
