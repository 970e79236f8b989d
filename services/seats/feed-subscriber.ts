/**
 * One connection that hears the feeds of all rooms. It subscribes again by hand after a lost connection, so
 * that a room starts to look for what it missed only when it is sure to hear what comes. Rule FE2.
 */
import type { Redis } from 'ioredis';
import { eventKey, eventOfKey } from '../../lua/keys.ts';
import type { EventId } from '../../shared/domain/ids.ts';
import type { Logger } from '../../shared/runtime/log.ts';

export type FeedListener = {
  /** A line of the channel: `<epoch>-<offset> <entry>`. */
  heard(line: string): void;
  /** The connection is back: what was said meanwhile has to be read from the stream. */
  reconnected(): void;
  /** The connection is lost. */
  disconnected(): void;
};

export class FeedSubscriber {
  readonly name = 'feed subscriber';
  readonly #redis: Redis;
  readonly #log: Logger;
  readonly #listeners = new Map<EventId, FeedListener>();
  #wasReady = false;

  constructor(redis: Redis, log: Logger) {
    this.#redis = redis;
    this.#log = log;
    redis.on('message', (channel: string, line: string) => {
      const eventId = eventOfKey(channel);
      if (eventId !== undefined) this.#listeners.get(eventId)?.heard(line);
    });
    redis.on('ready', () => void this.#resubscribe());
    redis.on('close', () => {
      for (const listener of this.#listeners.values()) listener.disconnected();
    });
  }

  async start(): Promise<void> {
    await this.#redis.connect();
  }

  async stop(): Promise<void> {
    this.#redis.disconnect();
  }

  /** Hears an event from now on. Resolves when Redis has confirmed it. */
  async subscribe(eventId: EventId, listener: FeedListener): Promise<void> {
    this.#listeners.set(eventId, listener);
    await this.#redis.subscribe(eventKey(eventId, 'feed'));
  }

  async unsubscribe(eventId: EventId): Promise<void> {
    this.#listeners.delete(eventId);
    if (this.#redis.status === 'ready') await this.#redis.unsubscribe(eventKey(eventId, 'feed'));
  }

  async #resubscribe(): Promise<void> {
    // The first `ready` has nothing to catch up with.
    if (!this.#wasReady) {
      this.#wasReady = true;
      return;
    }
    try {
      const channels = [...this.#listeners.keys()].map((eventId) => eventKey(eventId, 'feed'));
      if (channels.length > 0) await this.#redis.subscribe(...channels);
      for (const listener of this.#listeners.values()) listener.reconnected();
    } catch (error) {
      // Lost again: the next `ready` comes here once more.
      this.#log.debug({ err: error }, 'could not subscribe again');
    }
  }
}
