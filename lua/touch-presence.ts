import type { Redis } from 'ioredis';
import type { EventId } from '../shared/domain/ids.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('touch-presence');
/** Lua passes on only so many arguments at once. */
const NUMBERS_PER_CALL_MAX = 1_000;

/** Says that the visitors with these numbers are still there. */
export async function touchPresence(
  redis: Redis,
  eventId: EventId,
  numbers: readonly number[],
): Promise<void> {
  for (let from = 0; from < numbers.length; from += NUMBERS_PER_CALL_MAX) {
    await script.run(redis, eventId, numbers.slice(from, from + NUMBERS_PER_CALL_MAX));
  }
}
