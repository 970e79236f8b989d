/**
 * What stands in the feed, as the scripts write it: fields between bars, the kind first. The same text goes
 * into the stream and over the channel, there behind `<epoch>-<offset> `.
 */
import type { AdmissionId, HoldId, OrderId, VisitorId } from '../shared/domain/ids.ts';
import type { OrderFailure, OrderStatus } from '../shared/domain/order.ts';
import { parseSeats } from './hold-reply.ts';

export type FeedEntry =
  | {
      readonly kind: 'locked';
      readonly holdId: HoldId;
      readonly visitorId: VisitorId;
      readonly expiresAtMs: number;
      /** Locked now. */
      readonly seats: readonly number[];
      /** All that the hold has. */
      readonly holdSeats: readonly number[];
    }
  | {
      readonly kind: 'released';
      /** Empty where no hold ended: a refund. */
      readonly holdId: HoldId;
      readonly visitorId: VisitorId;
      readonly reason: 'released' | 'expired' | 'revoked' | 'refunded';
      readonly seats: readonly number[];
    }
  | {
      readonly kind: 'extended';
      readonly holdId: HoldId;
      readonly visitorId: VisitorId;
      readonly expiresAtMs: number;
      readonly holdSeats: readonly number[];
    }
  | {
      readonly kind: 'sold';
      readonly holdId: HoldId;
      readonly visitorId: VisitorId;
      readonly orderId: OrderId;
      readonly seats: readonly number[];
    }
  | { readonly kind: 'blocked' | 'unblocked'; readonly seats: readonly number[] }
  | {
      readonly kind: 'order';
      readonly visitorId: VisitorId;
      readonly orderId: OrderId;
      readonly status: OrderStatus;
      readonly failure: OrderFailure | undefined;
    }
  | {
      readonly kind: 'ended';
      readonly visitorId: VisitorId;
      readonly admissionId: AdmissionId;
      readonly reason: 'left' | 'expired' | 'bought' | 'revoked';
    }
  | { readonly kind: 'notice'; readonly code: string; readonly message: string }
  /** The event was loaded anew: everything before is void. */
  | { readonly kind: 'epoch' };

/** Reads an entry. Throws where its kind is unknown: script and reader have drifted apart. */
export function parseFeedEntry(text: string): FeedEntry {
  const fields = text.split('|');
  const [kind, a = '', b = '', c = '', d = '', e = ''] = fields;
  switch (kind) {
    case 'locked':
      return {
        kind,
        holdId: a,
        visitorId: b,
        expiresAtMs: Number(c),
        seats: parseSeats(d),
        holdSeats: parseSeats(e),
      };
    case 'released':
      return { kind, holdId: a, visitorId: b, reason: c as 'released', seats: parseSeats(d) };
    case 'extended':
      return { kind, holdId: a, visitorId: b, expiresAtMs: Number(c), holdSeats: parseSeats(d) };
    case 'sold':
      return { kind, holdId: a, visitorId: b, orderId: c, seats: parseSeats(d) };
    case 'blocked':
    case 'unblocked':
      return { kind, seats: parseSeats(a) };
    case 'order':
      return {
        kind,
        visitorId: a,
        orderId: b,
        status: c as OrderStatus,
        failure: d === '' ? undefined : (d as OrderFailure),
      };
    case 'ended':
      return { kind, visitorId: a, admissionId: b, reason: c as 'left' };
    case 'notice':
      return { kind, code: a, message: fields.slice(2).join('|') };
    case 'epoch':
      return { kind };
    default:
      throw new Error(`The feed has an entry of unknown kind: ${text.slice(0, 80)}`);
  }
}

export type FeedPosition = { readonly epoch: number; readonly offset: number };

/** Reads `<epoch>-<offset>`. */
export function parseFeedPosition(id: string): FeedPosition {
  const dash = id.indexOf('-');
  return { epoch: Number(id.slice(0, dash)), offset: Number(id.slice(dash + 1)) };
}
