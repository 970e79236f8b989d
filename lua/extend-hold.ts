import type { EventId, HoldId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { parseSeats } from './hold-reply.ts';
import { loadScript, UnknownReply } from './run-script.ts';

const script = loadScript('extend-hold');
const DENIALS = ['unknown_hold', 'already_extended', 'hold_paying', 'hold_expired'] as const;

export type ExtendReply =
  | { readonly extended: true; readonly expiresAtMs: number; readonly seats: number[] }
  | { readonly extended: false; readonly code: (typeof DENIALS)[number] };

/** Gives a hold its full time once more, once, never past its admission. */
export async function extendHold(
  redis: RedisClient,
  eventId: EventId,
  request: { readonly holdId: HoldId; readonly visitorId: VisitorId },
): Promise<ExtendReply> {
  const { holdId, visitorId } = request;
  const reply = await script.run(redis, eventId, [holdId, visitorId], holdId);
  if (reply[0] === 'extended')
    return { extended: true, expiresAtMs: reply[1] as number, seats: parseSeats(reply[2] as string) };
  const code = DENIALS.find((denial) => denial === reply[1]);
  if (code === undefined) throw new UnknownReply(script.name, reply);
  return { extended: false, code };
}
