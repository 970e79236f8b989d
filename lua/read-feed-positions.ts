/** Where the feeds of many events stand, in one round trip. */
import type { Redis } from 'ioredis';
import type { EventId } from '../shared/domain/ids.ts';
import { eventKey } from './keys.ts';
import { parseMapRecord } from './map-record.ts';

/** Epoch and offset by event; an event that is not loaded is missing. */
export async function readFeedPositions(
  redis: Redis,
  eventIds: readonly EventId[],
): Promise<{ readonly eventId: EventId; readonly epoch: number; readonly offset: number }[]> {
  if (eventIds.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const eventId of eventIds) pipeline.getBuffer(eventKey(eventId, 'map'));
  const replies = (await pipeline.exec()) ?? [];
  return eventIds.flatMap((eventId, at) => {
    const [error, bytes] = replies[at]!;
    if (error) throw error;
    if (bytes === null) return [];
    const { epoch, offset } = parseMapRecord(bytes as Buffer);
    return [{ eventId, epoch, offset }];
  });
}
