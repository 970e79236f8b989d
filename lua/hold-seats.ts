import type { AdmissionId, EventId, HoldId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { type HoldReply, parseHoldReply } from './hold-reply.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('hold-seats');

export type HoldRequest = {
  /** Made by the caller, so that a retry gets the same answer. */
  readonly holdId: HoldId;
  readonly visitorId: VisitorId;
  /** Empty only where the event has no waiting room. */
  readonly admissionId: AdmissionId;
  readonly seats: readonly number[];
  /** Add to a hold that the visitor has; its deadline does not move. */
  readonly add: boolean;
};

/** Takes every seat asked for, or none. */
export async function holdSeats(
  redis: RedisClient,
  eventId: EventId,
  request: HoldRequest,
): Promise<HoldReply> {
  const { holdId, visitorId, admissionId, add } = request;
  const seats = new Set(request.seats);
  const reply = await script.run(
    redis,
    eventId,
    [holdId, visitorId, admissionId, add ? 1 : 0, ...seats],
    holdId,
  );
  return parseHoldReply(script.name, reply);
}
