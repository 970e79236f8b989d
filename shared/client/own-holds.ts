/** The holds of this visitor, from what its sockets are told. Pure. */
import type { HoldView, ServerMessage } from '../protocol/server-messages.ts';

type HoldEnded = Extract<ServerMessage, { type: 'hold_ended' }>;

export class OwnHolds {
  readonly #holds = new Map<string, HoldView>();

  /** Oldest first. */
  list(): readonly HoldView[] {
    return [...this.#holds.values()];
  }

  get(holdId: string): HoldView | undefined {
    return this.#holds.get(holdId);
  }

  /** The hold that a seat is in. */
  holdOf(seat: number): HoldView | undefined {
    for (const hold of this.#holds.values()) if (hold.seats.includes(seat)) return hold;
    return undefined;
  }

  /** A welcome tells them all: whatever else was known is over. */
  replaceAll(holds: readonly HoldView[]): void {
    this.#holds.clear();
    for (const hold of holds) this.#holds.set(hold.holdId, hold);
  }

  /** Granted, added to, extended or given back: the message has the hold as it now is. */
  grant({ holdId, seats, expiresAtMs }: HoldView): HoldView {
    const hold = { holdId, seats, expiresAtMs };
    this.#holds.set(holdId, hold);
    return hold;
  }

  /** Takes the ended seats out; the hold itself is over when none is left. */
  end({ holdId, seats }: Pick<HoldEnded, 'holdId' | 'seats'>): void {
    const hold = this.#holds.get(holdId);
    if (hold === undefined) return;
    const rest = hold.seats.filter((seat) => !seats.includes(seat));
    if (rest.length === 0) this.#holds.delete(holdId);
    else this.#holds.set(holdId, { ...hold, seats: rest });
  }

  clear(): void {
    this.#holds.clear();
  }
}
