import type { EventId, HoldId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { parseSeats } from './hold-reply.ts';
import { loadScript, UnknownReply } from './run-script.ts';

const script = loadScript('release-hold');

export type ReleaseReply =
  | { readonly released: true; readonly seats: number[] }
  | { readonly released: false; readonly code: 'unknown_hold' | 'hold_paying' };

/** Gives back a hold, or only these of its seats. */
export async function releaseHold(
  redis: RedisClient,
  eventId: EventId,
  request: { readonly holdId: HoldId; readonly visitorId: VisitorId; readonly seats?: readonly number[] },
): Promise<ReleaseReply> {
  const reply = await script.run(redis, eventId, [
    request.holdId,
    request.visitorId,
    ...(request.seats ?? []),
  ]);
  if (reply[0] === 'released') return { released: true, seats: parseSeats(reply[1] as string) };
  const code = reply[1];
  if (code === 'unknown_hold' || code === 'hold_paying') return { released: false, code };
  throw new UnknownReply(script.name, reply);
}
