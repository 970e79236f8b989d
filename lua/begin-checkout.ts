import type { AdmissionId, EventId, HoldId, OrderId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { parseSeats } from './hold-reply.ts';
import { loadScript, UnknownReply } from './run-script.ts';

const script = loadScript('begin-checkout');
const DENIALS = ['unknown_hold', 'hold_expired', 'hold_paying', 'admission_ended'] as const;

export type BeginReply =
  | { readonly begun: true; readonly fence: number; readonly payByMs: number; readonly seats: number[] }
  | { readonly begun: false; readonly code: (typeof DENIALS)[number] };

/** Pins a hold while an order pays for it. The same for the same order, however often it is asked. */
export async function beginCheckout(
  redis: RedisClient,
  eventId: EventId,
  request: {
    readonly holdId: HoldId;
    readonly visitorId: VisitorId;
    readonly admissionId: AdmissionId;
    readonly orderId: OrderId;
  },
): Promise<BeginReply> {
  const { holdId, visitorId, admissionId, orderId } = request;
  const reply = await script.run(redis, eventId, [holdId, visitorId, admissionId, orderId]);
  if (reply[0] === 'begun') {
    const [, fence, payByMs, seats] = reply as unknown as [string, number, number, string];
    return { begun: true, fence, payByMs, seats: parseSeats(seats) };
  }
  const code = DENIALS.find((denial) => denial === reply[1]);
  if (code === undefined) throw new UnknownReply(script.name, reply);
  return { begun: false, code };
}
