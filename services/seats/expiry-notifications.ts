/**
 * Hears that hold keys expire: rule HO8. A server tells only of its own keys, so in a cluster each master has a
 * subscriber of its own, and they are others after a failover. A notification is a hint that may be late or lost.
 */
import type { Redis } from 'ioredis';
import { parseHoldKey } from '../../lua/keys.ts';
import type { EventId } from '../../shared/domain/ids.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { onMoved, type RedisClient, serversOf, subscriberClient } from '../../shared/runtime/redis.ts';
import { addressOf } from '../../shared/runtime/redis-cluster.ts';

export class ExpiryNotifications {
  readonly #redis: RedisClient;
  readonly #log: Logger;
  readonly #heard: (eventId: EventId) => void;
  /** By the address of the server that each listens to. */
  readonly #subscribers = new Map<string, Redis>();
  #stopped = false;

  constructor(redis: RedisClient, log: Logger, heard: (eventId: EventId) => void) {
    this.#redis = redis;
    this.#log = log;
    this.#heard = heard;
  }

  /** Whether every server is listened to. */
  get up(): boolean {
    const subscribers = [...this.#subscribers.values()];
    return subscribers.length > 0 && subscribers.every(({ status }) => status === 'ready');
  }

  async start(): Promise<void> {
    onMoved(this.#redis, () => void this.#follow());
    await this.#follow();
  }

  stop(): void {
    this.#stopped = true;
    for (const subscriber of this.#subscribers.values()) subscriber.disconnect();
  }

  /** Listens to the servers that there are now, and to no others. */
  async #follow(): Promise<void> {
    if (this.#stopped) return;
    const servers = new Map(serversOf(this.#redis).map((server) => [addressOf(server), server]));
    for (const [address, subscriber] of this.#subscribers) {
      if (servers.has(address)) continue;
      subscriber.disconnect();
      this.#subscribers.delete(address);
    }
    const unheard = [...servers].filter(([address]) => !this.#subscribers.has(address));
    await Promise.all(unheard.map(([address, server]) => this.#listen(address, server)));
  }

  async #listen(address: string, server: Redis): Promise<void> {
    const subscriber = subscriberClient(server, this.#log, 'expiry', { autoResubscribe: false });
    this.#subscribers.set(address, subscriber);
    subscriber.on('message', (_channel: string, key: string) => {
      const hold = parseHoldKey(key);
      if (hold !== undefined) this.#heard(hold.eventId);
    });
    subscriber.on('ready', () => void this.#subscribe(subscriber));
    // Where it fails it is tried again, for ever.
    await subscriber.connect().catch(() => {});
  }

  async #subscribe(subscriber: Redis): Promise<void> {
    try {
      const flags = ((await subscriber.config('GET', 'notify-keyspace-events')) as string[])[1] ?? '';
      if (!(flags.includes('E') && /[Ax]/.test(flags))) {
        await subscriber.config('SET', 'notify-keyspace-events', `${flags}Ex`);
      }
    } catch (error) {
      // A managed Redis may refuse; the timer ends holds on time all the same.
      const { name, message } = error as Error;
      if (name === 'ReplyError')
        this.#log.warn({ err: message }, 'expiry notifications could not be switched on');
    }
    await subscriber.subscribe(`__keyevent@${subscriber.options.db ?? 0}__:expired`).catch(() => {});
  }
}
