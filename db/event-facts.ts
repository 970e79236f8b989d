/** What PostgreSQL knows of an event that Redis needs to be built again: rule FE6. */
import { and, eq, inArray } from 'drizzle-orm';
import type { EventFacts, SeatRun } from '../lua/load-event.ts';
import type { EventId } from '../shared/domain/ids.ts';
import { SEAT_BLOCKED, SEAT_LOCKED, SEAT_SOLD } from '../shared/domain/seat.ts';
import { seatBytes, writeSeat } from '../shared/protocol/seat-bits.ts';
import type { Db } from './client.ts';
import { blockedSeats, claims, events, orders } from './schema.ts';

/** Reads the facts in one repeatable-read transaction, so that they are of one moment. */
export async function readEventFacts(
  db: Db,
  eventId: EventId,
  runs: readonly SeatRun[],
  runId: string,
): Promise<EventFacts | undefined> {
  return db.orm.transaction(
    async (tx) => {
      const [event] = await tx
        .select({ seatCount: events.seatCount, onSale: events.onSale })
        .from(events)
        .where(eq(events.eventId, eventId));
      if (!event) return undefined;
      const bits = new Uint8Array(seatBytes(event.seatCount));
      const blocked = await tx
        .select({ seat: blockedSeats.seatIndex })
        .from(blockedSeats)
        .where(eq(blockedSeats.eventId, eventId));
      for (const { seat } of blocked) writeSeat(bits, seat, SEAT_BLOCKED);

      const claimed = await tx
        .select({
          seat: claims.seatIndex,
          orderId: claims.orderId,
          state: orders.state,
          visitorId: orders.visitorId,
        })
        .from(claims)
        .innerJoin(orders, eq(orders.orderId, claims.orderId))
        .where(eq(claims.eventId, eventId));
      const bought: Record<string, number> = {};
      const seatsOfOpen = new Map<string, number[]>();
      for (const { seat, orderId, state, visitorId } of claimed) {
        if (state === 'paid') {
          writeSeat(bits, seat, SEAT_SOLD);
          bought[visitorId] = (bought[visitorId] ?? 0) + 1;
        } else {
          writeSeat(bits, seat, SEAT_LOCKED);
          seatsOfOpen.set(orderId, [...(seatsOfOpen.get(orderId) ?? []), seat]);
        }
      }

      const open = await tx
        .select()
        .from(orders)
        .where(and(eq(orders.eventId, eventId), inArray(orders.state, ['claimed', 'authorised'])));
      const paying = open.map((order) => ({
        holdId: order.holdId,
        visitorId: order.visitorId,
        admissionId: order.admissionId,
        fence: order.fence,
        payByMs: order.payBy.getTime(),
        orderId: order.orderId,
        seats: seatsOfOpen.get(order.orderId) ?? [],
      }));
      return { runId, seatCount: event.seatCount, bits, runs, onSale: event.onSale, bought, paying };
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}
