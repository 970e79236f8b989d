import type { AdmissionId, EventId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript, UnknownReply } from './run-script.ts';

const script = loadScript('enter-admission');
const DENIALS = ['no_place', 'not_called', 'place_expired'] as const;

export type EnterReply =
  | {
      readonly entered: true;
      /** It was inside already; the deadline is the first one's. */
      readonly again: boolean;
      readonly admissionId: AdmissionId;
      readonly expiresAtMs: number;
    }
  | { readonly entered: false; readonly code: (typeof DENIALS)[number] };

/** A called visitor goes in. */
export async function enterAdmission(
  redis: RedisClient,
  eventId: EventId,
  visitorId: VisitorId,
): Promise<EnterReply> {
  const reply = await script.run(redis, eventId, [eventId, visitorId]);
  if (reply[0] === 'entered') {
    const [, admissionId, expiresAtMs, again] = reply as unknown as [string, string, number, number];
    return { entered: true, again: again === 1, admissionId, expiresAtMs };
  }
  const code = DENIALS.find((denial) => denial === reply[0]);
  if (code === undefined) throw new UnknownReply(script.name, reply);
  return { entered: false, code };
}
