import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('touch-presence');
/** Lua passes on only so many arguments at once. */
const NUMBERS_PER_CALL_MAX = 1_000;

/**
 * Says that the visitors with these numbers are still there.
 *
 * @param kind `lobby` for the numbers of joins, of visitors who have not heard of a draw yet.
 */
export async function touchPresence(
  redis: RedisClient,
  eventId: EventId,
  numbers: readonly number[],
  kind: 'lobby' | 'line' = 'line',
): Promise<void> {
  for (let from = 0; from < numbers.length; from += NUMBERS_PER_CALL_MAX) {
    await script.run(redis, eventId, [kind, ...numbers.slice(from, from + NUMBERS_PER_CALL_MAX)]);
  }
}
