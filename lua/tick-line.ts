import type { Redis } from 'ioredis';
import type { EventId } from '../shared/domain/ids.ts';
import { parseSeats } from './hold-reply.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('tick-line');
/** Late claims and ended admissions dealt with in one call; more are left for the next. */
const ENDED_PER_CALL_MAX = 200;

export type Tick = {
  /** When something will be due, or null. */
  readonly nextAtMs: number | null;
  /** Called and did not come. */
  readonly noShows: number;
  /** Were inside until their time was over. */
  readonly timedOut: number;
  readonly called: readonly number[];
};

/** The admitter's step. */
export async function tickLine(redis: Redis, eventId: EventId): Promise<Tick> {
  const reply = await script.run(redis, eventId, [ENDED_PER_CALL_MAX]);
  const [, next, noShows, timedOut, called] = reply as unknown as [string, number, number, number, string];
  return { nextAtMs: next === 0 ? null : next, noShows, timedOut, called: parseSeats(called) };
}
