/** What is free and who waits, for several events in one round trip; from PostgreSQL where Redis is away. */
import { countFromClaims, type EventFacts } from '../../../db/events.ts';
import { readBoard } from '../../../lua/read-board.ts';
import { type EventCounts, readCounts } from '../../../lua/read-counts.ts';
import type { EventId } from '../../../shared/domain/ids.ts';
import { onSaleState } from '../../../shared/domain/on-sale.ts';
import type { Deps } from '../deps.ts';

/** Counts of each event. Never throws for Redis; throws where PostgreSQL is needed and does not answer. */
export async function liveCounts(
  { db, redis, store, log }: Pick<Deps, 'db' | 'redis' | 'store' | 'log'>,
  facts: readonly EventFacts[],
): Promise<Map<EventId, EventCounts>> {
  let counts = new Map<EventId, EventCounts>();
  let redisAnswers = true;
  try {
    counts = await readCounts(
      redis,
      facts.map(({ eventId }) => eventId),
    );
  } catch (error) {
    redisAnswers = false;
    log.debug({ err: (error as Error).message }, 'live counts are not to be had');
  }
  const missing = facts.filter(({ eventId }) => !counts.has(eventId));
  if (missing.length === 0) return counts;
  const stored = await countFromClaims(db, missing);
  for (const { eventId, onSale } of missing) {
    const seats = stored.get(eventId)!;
    const state = onSaleState(onSale, seats, Date.now());
    // Nobody is known to wait, and without Redis nobody is called.
    const line = { waiting: 0, inside: 0, called: 0, calledThrough: 0, isCalling: false, parked: 0 };
    counts.set(eventId, { seats, line: { ...line, capacity: onSale.capacity }, state });
    // Redis does not know it yet: the next who asks finds it there.
    if (redisAnswers) store.run(eventId, () => readBoard(redis, eventId)).catch(() => {});
  }
  return counts;
}
