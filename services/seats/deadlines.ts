/**
 * Closes sockets at the end of their admission without asking anybody. Sessions stand in slots of 50 ms and one
 * timer walks the slots, since a timer a socket would cost more memory than the socket.
 */
import type { Session } from './session.ts';

const SLOT_MS = 50;

export class Deadlines {
  readonly name = 'deadlines';
  readonly #slots = new Map<number, Set<Session>>();
  readonly #onDue: (session: Session) => void;
  #walked = Math.floor(Date.now() / SLOT_MS);
  #timer: NodeJS.Timeout | undefined;

  constructor(onDue: (session: Session) => void) {
    this.#onDue = onDue;
  }

  start(): void {
    this.#timer = setInterval(() => this.#walk(), SLOT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  add(session: Session): void {
    const slot = this.#slotOf(session);
    const sessions = this.#slots.get(slot);
    if (sessions === undefined) this.#slots.set(slot, new Set([session]));
    else sessions.add(session);
  }

  remove(session: Session): void {
    const slot = this.#slotOf(session);
    const sessions = this.#slots.get(slot);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#slots.delete(slot);
  }

  #slotOf(session: Session): number {
    // The slot after the deadline: never early.
    return Math.max(Math.ceil(session.facts.admissionExpiresAtMs / SLOT_MS), this.#walked + 1);
  }

  #walk(): void {
    const now = Math.floor(Date.now() / SLOT_MS);
    // After a long sleep there may be more slots to walk than there are sessions: look at those instead.
    if (now - this.#walked > this.#slots.size) {
      for (const slot of [...this.#slots.keys()]) if (slot <= now) this.#close(slot);
    } else {
      for (let slot = this.#walked + 1; slot <= now; slot++) this.#close(slot);
    }
    this.#walked = now;
  }

  #close(slot: number): void {
    const sessions = this.#slots.get(slot);
    if (sessions === undefined) return;
    this.#slots.delete(slot);
    for (const session of sessions) this.#onDue(session);
  }
}
