/** Every purchase of a run in one book, so that a seat or a ticket that was handed out twice is found. Pure. */

export type Sale = {
  readonly eventId: number;
  readonly orderId: string;
  readonly seats: readonly number[];
  readonly ticketIds: readonly string[];
};

export class SalesLedger {
  readonly #orderOfSeat = new Map<string, string>();
  readonly #orderOfTicket = new Map<string, string>();
  readonly #seatsOfEvent = new Map<number, Set<number>>();
  readonly #duplicates: string[] = [];
  #orders = 0;

  add({ eventId, orderId, seats, ticketIds }: Sale): void {
    this.#orders += 1;
    const sold = this.#seatsOfEvent.get(eventId) ?? new Set();
    this.#seatsOfEvent.set(eventId, sold);
    for (const seat of seats) {
      this.#note(this.#orderOfSeat, `seat ${seat} of event ${eventId}`, orderId);
      sold.add(seat);
    }
    for (const ticketId of ticketIds) this.#note(this.#orderOfTicket, `ticket ${ticketId}`, orderId);
  }

  #note(book: Map<string, string>, what: string, orderId: string): void {
    const other = book.get(what);
    if (other !== undefined) this.#duplicates.push(`${what} is in the orders ${other} and ${orderId}`);
    book.set(what, orderId);
  }

  /** What was sold twice, a sentence each. */
  get duplicates(): readonly string[] {
    return this.#duplicates;
  }

  get orders(): number {
    return this.#orders;
  }

  get seats(): number {
    return this.#orderOfSeat.size;
  }

  seatsOf(eventId: number): ReadonlySet<number> {
    return this.#seatsOfEvent.get(eventId) ?? new Set();
  }
}
