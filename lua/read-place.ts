import type { Redis } from 'ioredis';
import type { EventId, VisitorId } from '../shared/domain/ids.ts';
import type { Place } from '../shared/domain/place.ts';
import { parsePlace } from './line-reply.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('read-place');

/** A visitor's exact place, or undefined where it has none. Asking counts as being there. */
export async function readPlace(
  redis: Redis,
  eventId: EventId,
  visitorId: VisitorId,
): Promise<Place | undefined> {
  const reply = await script.run(redis, eventId, [eventId, visitorId]);
  return reply[0] === 'no_place' ? undefined : parsePlace(reply).place;
}
