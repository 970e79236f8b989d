/**
 * Says a minute before the end of an admission that it is near, and closes the socket at the end, without asking
 * anybody. Sessions stand in slots of 50 ms and one timer walks the slots, since a timer a socket would cost more
 * memory than the socket. A session stands in one slot at a time: that of the notice first, that of the end after it.
 */
import type { Session } from './session.ts';

const SLOT_MS = 50;
/** Long enough to pay for what is held; short enough to be no reason to hurry all along. */
export const CLOSING_SOON_MS = 60_000;

export type DeadlineHandlers = {
  /** The admission ends in CLOSING_SOON_MS. Not called for who opened a socket later than that. */
  closingSoon(session: Session): void;
  over(session: Session): void;
};

export class Deadlines {
  readonly name = 'deadlines';
  readonly #slots = new Map<number, Set<Session>>();
  readonly #handlers: DeadlineHandlers;
  #walked = Math.floor(Date.now() / SLOT_MS);
  #timer: NodeJS.Timeout | undefined;

  constructor(handlers: DeadlineHandlers) {
    this.#handlers = handlers;
  }

  start(): void {
    this.#timer = setInterval(() => this.#walk(), SLOT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whoever comes back within the last minute was told before, or has just read in its welcome when it ends. */
  add(session: Session): void {
    const endsInMs = session.facts.admissionExpiresAtMs - Date.now();
    session.nearEnd = endsInMs <= CLOSING_SOON_MS;
    this.#put(session);
  }

  remove(session: Session): void {
    const slot = this.#slotOf(session);
    const sessions = this.#slots.get(slot);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#slots.delete(slot);
  }

  #put(session: Session): void {
    const slot = this.#slotOf(session);
    const sessions = this.#slots.get(slot);
    if (sessions === undefined) this.#slots.set(slot, new Set([session]));
    else sessions.add(session);
  }

  #slotOf({ facts, nearEnd }: Session): number {
    const dueMs = nearEnd ? facts.admissionExpiresAtMs : facts.admissionExpiresAtMs - CLOSING_SOON_MS;
    // The slot after the moment: never early.
    return Math.max(Math.ceil(dueMs / SLOT_MS), this.#walked + 1);
  }

  #walk(): void {
    const now = Math.floor(Date.now() / SLOT_MS);
    const before = this.#walked;
    // First, so that whoever is put into its second slot meanwhile gets one that is still to come.
    this.#walked = now;
    // After a long sleep there may be more slots to walk than there are sessions: look at those instead.
    if (now - before > this.#slots.size) {
      for (const slot of [...this.#slots.keys()]) if (slot <= now) this.#due(slot);
    } else {
      for (let slot = before + 1; slot <= now; slot++) this.#due(slot);
    }
  }

  #due(slot: number): void {
    const sessions = this.#slots.get(slot);
    if (sessions === undefined) return;
    this.#slots.delete(slot);
    for (const session of sessions) {
      if (session.closed) continue;
      if (session.nearEnd) this.#handlers.over(session);
      else {
        session.nearEnd = true;
        this.#put(session);
        this.#handlers.closingSoon(session);
      }
    }
  }
}
