/**
 * The scripts under a clock that a test sets: the library is loaded as it is, but for the one function that reads
 * the time, which then reads a key. Only for a Redis that a test has to itself. Keys with a TTL go on living by
 * the real clock.
 */
import type { Redis } from 'ioredis';
import { library } from '../run-script.ts';

const NOW_KEY = 'test:now';
const REAL_CLOCK = `  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)`;

/** Loads the library with the other clock, under the name that the bindings call. Survives FLUSHALL. */
export async function loadVirtualClock(redis: Redis): Promise<void> {
  const parts = library.source.split(REAL_CLOCK);
  if (parts.length !== 2 || parts.some((part) => part.includes("'TIME'"))) {
    throw new Error('lua/include/event.lua reads the time in another way: teach virtual-time.ts to find it.');
  }
  await redis.call(
    'FUNCTION',
    'LOAD',
    'REPLACE',
    parts.join(`  return tonumber(redis.call('GET', '${NOW_KEY}'))`),
  );
}

/** Sets the clock of the scripts. */
export async function setVirtualTime(redis: Redis, nowMs: number): Promise<void> {
  await redis.set(NOW_KEY, nowMs);
}
