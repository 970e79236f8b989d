/** Orders as their buyers see them. */
import type { Order } from '../../../db/orders.ts';
import { type Ticket, ticketsOf } from '../../../db/tickets.ts';
import { orderStatus } from '../../../shared/domain/order.ts';
import type { OrderAccepted, OrderView, TicketView } from '../../../shared/protocol/http.ts';
import type { Deps } from '../deps.ts';

/** What is answered to a placed order: always the same, however it went on. */
export function acceptedView(order: Pick<Order, 'orderId' | 'amountMinor' | 'currency'>): OrderAccepted {
  return {
    orderId: order.orderId,
    status: 'pending',
    amountMinor: order.amountMinor,
    currency: order.currency,
  };
}

export function ticketView({ ticketId, seat }: Pick<Ticket, 'ticketId' | 'seat'>): TicketView {
  return { ticketId, seat, pdfUrl: `/tickets/${ticketId}` };
}

/** An order with its tickets. */
export async function orderView(
  { db }: Pick<Deps, 'db'>,
  order: Order,
): Promise<OrderView & { seats: number[]; tickets: TicketView[] }> {
  const tickets = order.state === 'paid' ? await ticketsOf(db, [order.orderId]) : [];
  return {
    orderId: order.orderId,
    status: orderStatus(order.state),
    ...(order.failure !== null && { failure: order.failure }),
    eventId: order.eventId,
    amountMinor: order.amountMinor,
    currency: order.currency,
    seats: [...order.seats],
    tickets: tickets.map(ticketView),
    createdAtMs: order.createdAtMs,
  };
}
