/** What the scripts about holds take and reply, in types. */
import type { HoldId, VisitorId } from '../shared/domain/ids.ts';
import { type Reply, UnknownReply } from './run-script.ts';

export const HOLD_DENIALS = [
  'seats_taken',
  'over_limit',
  'not_on_sale',
  'unknown_seat',
  'no_adjacent_seats',
  'sold_out',
  'admission_ended',
  'unknown_hold',
  'hold_paying',
] as const;
export type HoldDenial = (typeof HOLD_DENIALS)[number];

export type HoldReply =
  | {
      readonly granted: true;
      /** All seats of the hold. */
      readonly seats: number[];
      readonly expiresAtMs: number;
      readonly fence: number;
      /** The hold was there already: this is the answer to a retry. */
      readonly again: boolean;
    }
  | { readonly granted: false; readonly code: HoldDenial; readonly taken?: number[] };

/** `12,13` as numbers. */
export function parseSeats(text: string): number[] {
  return text === '' ? [] : text.split(',').map(Number);
}

/** Reads `granted` and `denied`. */
export function parseHoldReply(script: string, reply: Reply): HoldReply {
  if (reply[0] === 'granted') {
    const [, seats, expiresAtMs, fence, again] = reply as unknown as [string, string, number, number, number];
    return { granted: true, seats: parseSeats(seats), expiresAtMs, fence, again: again === 1 };
  }
  const code = reply[1] as HoldDenial;
  if (reply[0] !== 'denied' || !HOLD_DENIALS.includes(code)) throw new UnknownReply(script, reply);
  const taken = parseSeats(reply[2] as string);
  return { granted: false, code, ...(taken.length > 0 ? { taken } : {}) };
}

export type HoldRecord = {
  readonly holdId: HoldId;
  readonly visitorId: VisitorId;
  readonly admissionId: string;
  readonly fence: number;
  readonly expiresAtMs: number;
  readonly state: 'held' | 'paying';
  /** Set while it is paid for. */
  readonly orderId?: string;
  readonly seats: number[];
};

/** Reads a hold as `include/holds.lua` writes it. */
export function parseHoldRecord(holdId: HoldId, text: string): HoldRecord {
  const [visitorId, admissionId, fence, deadline, state, , orderId, , seats] = text.split('|');
  return {
    holdId,
    visitorId: visitorId!,
    admissionId: admissionId!,
    fence: Number(fence),
    expiresAtMs: Number(deadline),
    state: state as 'held' | 'paying',
    ...(orderId ? { orderId } : {}),
    seats: parseSeats(seats!),
  };
}
