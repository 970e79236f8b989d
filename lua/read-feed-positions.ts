/** Where the feeds of many events stand, in one round trip to each server. */
import type { EventId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { eventKey } from './keys.ts';
import { parseMapRecord } from './map-record.ts';
import { readAcross } from './read-across.ts';

/** Epoch and offset by event; an event that is not loaded is missing. */
export async function readFeedPositions(
  redis: RedisClient,
  eventIds: readonly EventId[],
): Promise<{ readonly eventId: EventId; readonly epoch: number; readonly offset: number }[]> {
  const replies = await readAcross(redis, eventIds, (pipeline, eventId) => {
    pipeline.getBuffer(eventKey(eventId, 'map'));
  });
  return [...replies].flatMap(([eventId, [bytes]]) => {
    if (bytes === null) return [];
    const { epoch, offset } = parseMapRecord(bytes as Buffer);
    return [{ eventId, epoch, offset }];
  });
}
