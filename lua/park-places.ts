import type { EventId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('park-places');
/** Lua passes on only so many arguments at once. */
export const PARKED_PER_CALL_MAX = 1_000;

/** Parks the places of visitors, or lets them wait again. Returns how many places that changed. */
export async function parkPlaces(
  redis: RedisClient,
  eventId: EventId,
  visitors: readonly VisitorId[],
  park: boolean,
): Promise<number> {
  let changed = 0;
  for (let from = 0; from < visitors.length; from += PARKED_PER_CALL_MAX) {
    const part = visitors.slice(from, from + PARKED_PER_CALL_MAX);
    const [, count] = await script.run(redis, eventId, [eventId, park ? 1 : 0, ...part]);
    changed += count as number;
  }
  return changed;
}
