/** Turns an order into the words on its tickets. */
import type { StoredEvent } from '../../db/event-store.ts';
import type { Order } from '../../db/orders.ts';
import type { Ticket } from '../../db/tickets.ts';
import { formatMoney } from '../../shared/domain/money.ts';
import { orderNumber, type TicketDocument, type TicketFacts } from './pdf/ticket-facts.ts';

export type PrintSettings = {
  readonly locale: string;
  /** IANA name; empty: the server's own. */
  readonly timeZone: string;
  readonly terms: string;
  /** The code that a ticket carries. */
  codeOf(ticketId: string): string;
};

const FALLBACK_COLOR = '#3a6ea5';

/** The date and the time of an event as people in its town say them. */
export function sayWhen(
  startsAtMs: number,
  locale: string,
  timeZone: string,
): { date: string; time: string } {
  const zone = timeZone === '' ? {} : { timeZone };
  const date = new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    ...zone,
  });
  const time = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    ...zone,
  });
  return { date: date.format(startsAtMs), time: time.format(startsAtMs) };
}

/** The document of some of an order's tickets. */
export function describeTickets(
  event: StoredEvent,
  order: Order,
  tickets: readonly Ticket[],
  print: PrintSettings,
): TicketDocument {
  return {
    eventName: event.name,
    venueName: event.venueName,
    ...sayWhen(event.startsAtMs, print.locale, print.timeZone),
    buyerName: order.buyerName,
    orderNumber: orderNumber(order.orderId),
    terms: print.terms,
    tickets: tickets.map((ticket) => ticketFacts(event, order, ticket, print)),
  };
}

function ticketFacts(event: StoredEvent, order: Order, ticket: Ticket, print: PrintSettings): TicketFacts {
  const seat = event.seatAt(ticket.seat);
  const category = event.plan.categories.find(({ id }) => id === seat.categoryId);
  return {
    ticketId: ticket.ticketId,
    code: print.codeOf(ticket.ticketId),
    section: seat.sectionName,
    row: seat.row,
    seat: seat.label,
    entrance: seat.entrance,
    category: seat.categoryName,
    categoryColor: category?.color ?? FALLBACK_COLOR,
    price: formatMoney(seat.priceMinor, order.currency, print.locale),
  };
}
