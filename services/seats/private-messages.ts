/** What an entry of the feed means to the one visitor it is about; nobody else is told. Rules HO11, PR9. */
import type { FeedEntry } from '../../lua/feed-entry.ts';
import { CLOSE } from '../../shared/protocol/close-codes.ts';
import type { Audience } from './audience.ts';

/** Tells the sockets of the visitor concerned, except the one whose own question it answered. */
export function tellHolders(audience: Audience, entry: FeedEntry): void {
  switch (entry.kind) {
    case 'locked':
    case 'extended':
      for (const session of audience.ofVisitor(entry.visitorId)) {
        if (session.takeEcho(entry.holdId)) continue;
        session.send({
          type: 'hold_granted',
          holdId: entry.holdId,
          seats: [...entry.holdSeats],
          expiresAtMs: entry.expiresAtMs,
        });
      }
      return;
    case 'released': {
      if (entry.holdId === '' || entry.reason === 'refunded') return;
      for (const session of audience.ofVisitor(entry.visitorId)) {
        if (session.takeEcho(entry.holdId)) continue;
        session.send({
          type: 'hold_ended',
          holdId: entry.holdId,
          seats: [...entry.seats],
          reason: entry.reason,
        });
      }
      return;
    }
    case 'sold':
      for (const session of audience.ofVisitor(entry.visitorId)) {
        session.send({ type: 'hold_ended', holdId: entry.holdId, seats: [...entry.seats], reason: 'sold' });
      }
      return;
    case 'order':
      for (const session of audience.ofVisitor(entry.visitorId)) {
        session.send({
          type: 'order_updated',
          orderId: entry.orderId,
          status: entry.status,
          ...(entry.failure ? { failure: entry.failure } : {}),
        });
      }
      return;
    case 'ended':
      for (const session of [...audience.ofVisitor(entry.visitorId)]) {
        if (session.facts.admissionId !== entry.admissionId) continue;
        if (entry.reason === 'revoked') session.close(CLOSE.admissionRevoked, 'admission revoked');
        else session.close(CLOSE.admissionEnded, 'admission ended');
      }
      return;
    case 'notice':
      for (const session of audience.sessions) {
        session.send({ type: 'notice', code: 'operator', message: entry.message });
      }
      return;
    case 'blocked':
    case 'unblocked':
    case 'epoch':
      return;
  }
}
