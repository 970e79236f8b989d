import type { Redis } from 'ioredis';
import { UsherError } from '../shared/domain/errors.ts';
import type { EventId, VisitorId } from '../shared/domain/ids.ts';
import type { Place } from '../shared/domain/place.ts';
import { parsePlace } from './line-reply.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('join-line');

/**
 * Gives a visitor a place, or the one it has. Throws UsherError `not_on_sale` before the lobby and after the
 * close.
 *
 * @param visitorId null for somebody new, whose id is made of event, line and number: it needs no entry in
 *   Redis to be found again.
 */
export async function joinLine(
  redis: Redis,
  eventId: EventId,
  visitorId: VisitorId | null,
): Promise<{ readonly visitorId: VisitorId; readonly place: Place }> {
  const reply = await script.run(redis, eventId, [eventId, visitorId ?? '']);
  if (reply[0] === 'not_on_sale') throw new UsherError('not_on_sale');
  const { place, lineEpoch } = parsePlace(reply);
  return { visitorId: visitorId ?? `${eventId}-${lineEpoch}-${place.number}`, place };
}
