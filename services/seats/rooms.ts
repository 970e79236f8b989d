/** The events that this process mirrors: opened when the first socket comes, closed a while after the last. */
import type { EventId } from '../../shared/domain/ids.ts';
import { EventRoom, type RoomDeps } from './event-room.ts';

/** An empty room is kept for as long as a reload of the page takes, and a little. */
const EMPTY_ROOM_MS = 60_000;

export class Rooms {
  readonly #deps: RoomDeps;
  readonly #rooms = new Map<EventId, EventRoom>();
  readonly #starting = new Map<EventId, Promise<EventRoom>>();
  readonly #emptySinceMs = new Map<EventId, number>();

  constructor(deps: RoomDeps) {
    this.#deps = deps;
  }

  get eventIds(): EventId[] {
    return [...this.#rooms.keys()];
  }

  /** The room, if it is open. */
  peek(eventId: EventId): EventRoom | undefined {
    return this.#rooms.get(eventId);
  }

  /** The room, opened where it is not. Throws UsherError `unknown_event` or `unavailable`. */
  get(eventId: EventId): Promise<EventRoom> {
    const open = this.#rooms.get(eventId);
    if (open !== undefined) {
      this.#emptySinceMs.delete(eventId);
      return Promise.resolve(open);
    }
    let starting = this.#starting.get(eventId);
    if (starting === undefined) {
      starting = this.#open(eventId).finally(() => this.#starting.delete(eventId));
      this.#starting.set(eventId, starting);
    }
    return starting;
  }

  /** Makes every room ask what it missed. */
  recover(why: string): void {
    for (const room of this.#rooms.values()) room.recover(why);
  }

  /** Closes rooms that have been empty for long enough. Called now and then. */
  closeEmpty(): void {
    for (const [eventId, room] of this.#rooms) {
      if (room.audience.size > 0) {
        this.#emptySinceMs.delete(eventId);
        continue;
      }
      const sinceMs = this.#emptySinceMs.get(eventId) ?? performance.now();
      this.#emptySinceMs.set(eventId, sinceMs);
      if (performance.now() - sinceMs > EMPTY_ROOM_MS) {
        this.#rooms.delete(eventId);
        this.#emptySinceMs.delete(eventId);
        void room.stop();
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#rooms.values()].map((room) => room.stop()));
    this.#rooms.clear();
  }

  async #open(eventId: EventId): Promise<EventRoom> {
    const room = new EventRoom(eventId, this.#deps);
    try {
      await room.start();
    } catch (error) {
      await room.stop();
      throw error;
    }
    this.#rooms.set(eventId, room);
    return room;
  }
}
