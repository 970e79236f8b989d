/**
 * Waiting for an order's outcome without asking again and again: the feed of an event tells it, as
 * `<epoch>-<offset> order|visitor|order|status|failure`.
 *
 * A hint, like every message of Redis: whoever waits reads the order afterwards, woken or not.
 */
import type { Redis } from 'ioredis';
import { eventKey, eventOfKey } from '../../lua/keys.ts';
import type { EventId, OrderId } from '../../shared/domain/ids.ts';

/** A channel stays subscribed this long after its last waiter: purchases come in bursts. */
const LINGER_MS = 30_000;
const ORDER_MARK = ' order|';

type Channel = { readonly subscribed: Promise<unknown>; waiters: number; linger?: NodeJS.Timeout };

export class OrderWaiters {
  readonly #subscriber: Redis;
  readonly #channels = new Map<string, Channel>();
  readonly #wake = new Map<OrderId, Set<() => void>>();

  /** @param subscriber a `subscriberClient`; it may serve others too. */
  constructor(subscriber: Redis) {
    this.#subscriber = subscriber;
    subscriber.on('message', (channel: string, message: string) => this.#read(channel, message));
  }

  /** Resolves when outcomes of this event's orders will be heard. Rejects where Redis is away. */
  async ready(eventId: EventId): Promise<void> {
    await this.#channel(eventKey(eventId, 'feed')).subscribed;
  }

  /**
   * Resolves true as soon as an outcome of the order is told, false after `timeoutMs`. Call it before the
   * order can have an outcome.
   */
  wait(eventId: EventId, orderId: OrderId, timeoutMs: number): Promise<boolean> {
    const name = eventKey(eventId, 'feed');
    const channel = this.#channel(name);
    channel.subscribed.catch(() => {});
    channel.waiters++;
    clearTimeout(channel.linger);
    const told = Promise.withResolvers<boolean>();
    const wake = () => told.resolve(true);
    const timer = setTimeout(() => told.resolve(false), timeoutMs);
    const wakers = this.#wake.get(orderId) ?? new Set();
    this.#wake.set(orderId, wakers.add(wake));
    return told.promise.finally(() => {
      clearTimeout(timer);
      wakers.delete(wake);
      if (wakers.size === 0) this.#wake.delete(orderId);
      channel.waiters--;
      if (channel.waiters === 0) this.#leaveLater(name, channel);
    });
  }

  /** Ends every wait as if its time were over. */
  stop(): void {
    for (const wakers of this.#wake.values()) for (const wake of wakers) wake();
    for (const channel of this.#channels.values()) clearTimeout(channel.linger);
    this.#channels.clear();
  }

  #channel(name: string): Channel {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { subscribed: this.#subscriber.subscribe(name), waiters: 0 };
      // A subscription that was refused is asked for again by the next one who waits.
      channel.subscribed.catch(() => this.#channels.delete(name));
      this.#channels.set(name, channel);
      this.#leaveLater(name, channel);
    }
    return channel;
  }

  #leaveLater(name: string, channel: Channel): void {
    clearTimeout(channel.linger);
    channel.linger = setTimeout(() => {
      if (channel.waiters > 0) return;
      this.#channels.delete(name);
      this.#subscriber.unsubscribe(name).catch(() => {});
    }, LINGER_MS).unref();
  }

  #read(channel: string, message: string): void {
    const at = message.indexOf(ORDER_MARK);
    if (at < 0 || eventOfKey(channel) === undefined || this.#wake.size === 0) return;
    const orderId = message.split('|', 3)[2];
    for (const wake of this.#wake.get(orderId ?? '') ?? []) wake();
  }
}
