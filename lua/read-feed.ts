/** The missed part of a feed, from its stream. */
import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { type FeedEntry, parseFeedEntry, parseFeedPosition } from './feed-entry.ts';
import { eventKey } from './keys.ts';

export type PositionedEntry = { readonly offset: number; readonly entry: FeedEntry };

/** Entries fetched in one call; a reader that is further behind asks again. */
const ENTRIES_PER_CALL = 2_000;

/**
 * The entries of an epoch after an offset, or `trimmed` where the stream no longer has the next one: then a
 * snapshot is the way. An empty list says that nothing was missed.
 */
export async function readFeed(
  redis: RedisClient,
  eventId: EventId,
  epoch: number,
  after: number,
): Promise<PositionedEntry[] | 'trimmed'> {
  const entries: PositionedEntry[] = [];
  let next = after + 1;
  for (;;) {
    const page = await redis.xrange(
      eventKey(eventId, 'feed'),
      `${epoch}-${next}`,
      `${epoch}-18446744073709551615`,
      'COUNT',
      ENTRIES_PER_CALL,
    );
    for (const [id, fields] of page) {
      const { offset } = parseFeedPosition(id);
      if (offset !== next) return 'trimmed';
      entries.push({ offset, entry: parseFeedEntry(fields[1]!) });
      next = offset + 1;
    }
    if (page.length < ENTRIES_PER_CALL) return entries;
  }
}
