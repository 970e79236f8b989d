/** What is printed on tickets: plain words, made where the event is known and drawn where the thread is. */

export type TicketFacts = {
  readonly ticketId: string;
  /** What the QR code says: `USHER1.<ticketId>.<signature>`. */
  readonly code: string;
  readonly section: string;
  /** Null for a place of general admission. */
  readonly row: string | null;
  readonly seat: string | null;
  readonly entrance: string | null;
  readonly category: string;
  /** `#rrggbb` */
  readonly categoryColor: string;
  /** `€45.00` */
  readonly price: string;
};

export type TicketDocument = {
  readonly eventName: string;
  readonly venueName: string;
  /** `Saturday, 12 December 2026` */
  readonly date: string;
  /** `20:00 CET` */
  readonly time: string;
  readonly buyerName: string;
  readonly orderNumber: string;
  readonly terms: string;
  /** One page each. */
  readonly tickets: readonly TicketFacts[];
};

/** An order's id as people read it to each other: the first eight digits, in two groups. */
export function orderNumber(orderId: string): string {
  return `${orderId.slice(0, 4)}-${orderId.slice(4, 8)}`.toUpperCase();
}
