/**
 * Who holds what in one event, as the feed tells it: what a new socket is welcomed with, without a question to
 * Redis for each. Read once at the start and then carried on, entry by entry; an entry that the reading already
 * had changes nothing.
 */
import type { FeedEntry } from '../../lua/feed-entry.ts';
import type { HoldRecord } from '../../lua/hold-reply.ts';
import type { HoldId, VisitorId } from '../../shared/domain/ids.ts';
import type { HoldView } from '../../shared/protocol/server-messages.ts';

export class RoomHolds {
  readonly #byVisitor = new Map<VisitorId, Map<HoldId, HoldView>>();

  /** Begins anew from all holds of the event. Returns the holds that were known and are no more. */
  reset(holds: readonly HoldRecord[]): { readonly visitorId: VisitorId; readonly hold: HoldView }[] {
    const alive = new Set(holds.map(({ holdId }) => holdId));
    const lost = [...this.#byVisitor].flatMap(([visitorId, own]) =>
      [...own.values()].filter(({ holdId }) => !alive.has(holdId)).map((hold) => ({ visitorId, hold })),
    );
    this.#byVisitor.clear();
    for (const { holdId, visitorId, seats, expiresAtMs } of holds) {
      this.#set(visitorId, { holdId, seats, expiresAtMs });
    }
    return lost;
  }

  of(visitorId: VisitorId): HoldView[] {
    return [...(this.#byVisitor.get(visitorId)?.values() ?? [])];
  }

  apply(entry: FeedEntry): void {
    switch (entry.kind) {
      case 'locked':
      case 'extended':
        this.#set(entry.visitorId, {
          holdId: entry.holdId,
          seats: [...entry.holdSeats],
          expiresAtMs: entry.expiresAtMs,
        });
        return;
      case 'released':
        // Only its visitor gives back a part; whatever else ends a hold ends all of it.
        if (entry.reason === 'released') this.#takeFrom(entry.visitorId, entry.holdId, entry.seats);
        else this.#delete(entry.visitorId, entry.holdId);
        return;
      case 'sold':
        this.#delete(entry.visitorId, entry.holdId);
        return;
      default:
        return;
    }
  }

  #set(visitorId: VisitorId, hold: HoldView): void {
    const own = this.#byVisitor.get(visitorId);
    if (own === undefined) this.#byVisitor.set(visitorId, new Map([[hold.holdId, hold]]));
    else own.set(hold.holdId, hold);
  }

  #takeFrom(visitorId: VisitorId, holdId: HoldId, seats: readonly number[]): void {
    const hold = this.#byVisitor.get(visitorId)?.get(holdId);
    if (hold === undefined) return;
    const gone = new Set(seats);
    const left = hold.seats.filter((seat) => !gone.has(seat));
    if (left.length === 0) this.#delete(visitorId, holdId);
    else this.#set(visitorId, { ...hold, seats: left });
  }

  #delete(visitorId: VisitorId, holdId: HoldId): void {
    const own = this.#byVisitor.get(visitorId);
    own?.delete(holdId);
    if (own?.size === 0) this.#byVisitor.delete(visitorId);
  }
}
