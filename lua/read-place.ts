import type { EventId, VisitorId } from '../shared/domain/ids.ts';
import type { Place } from '../shared/domain/place.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { type LobbyEntry, parsePlace } from './line-reply.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('read-place');

/** A visitor's exact place, or undefined where it has none. Asking counts as being there. */
export async function readPlace(
  redis: RedisClient,
  eventId: EventId,
  visitorId: VisitorId,
): Promise<Place | undefined> {
  return (await readOwnPlace(redis, eventId, visitorId))?.place;
}

/** The same with the visitor's part in the draw, null for whoever is in none. */
export async function readOwnPlace(
  redis: RedisClient,
  eventId: EventId,
  visitorId: VisitorId,
): Promise<{ readonly place: Place; readonly lobby: LobbyEntry | null } | undefined> {
  const reply = await script.run(redis, eventId, [eventId, visitorId]);
  if (reply[0] === 'no_place') return undefined;
  const { place, lobby } = parsePlace(reply);
  return { place, lobby };
}
