/**
 * Tells Redis what PostgreSQL has decided: sold, given back, free again. Every telling may come twice or late
 * and means the same; one that fails leaves `map_told` false, and the reconciler tells it again. Rules CK.
 */
import type { Db } from '../../db/client.ts';
import type { EventStore } from '../../db/event-store.ts';
import { claimedAmong, markMapTold } from '../../db/order-outcomes.ts';
import type { Order } from '../../db/orders.ts';
import { giveBack } from '../../lua/give-back.ts';
import { markSold } from '../../lua/mark-sold.ts';
import { releaseHold } from '../../lua/release-hold.ts';
import { unsell } from '../../lua/unsell.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { RedisClient } from '../../shared/runtime/redis.ts';

/** Outcomes are marked as told in groups: one statement for all that came within this time. */
const MARK_AFTER_MS = 20;

export class MapTeller {
  readonly #db: Db;
  readonly #redis: RedisClient;
  readonly #store: EventStore;
  readonly #log: Logger;
  #told: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #marking: Promise<void> = Promise.resolve();

  constructor(db: Db, redis: RedisClient, store: EventStore, log: Logger) {
    this.#db = db;
    this.#redis = redis;
    this.#store = store;
    this.#log = log;
  }

  /** Tells the outcome of a finished order. Never throws: false means that somebody has to tell it again. */
  async tell(order: Order): Promise<boolean> {
    try {
      await this.#store.run(order.eventId, () => this.#say(order));
    } catch (error) {
      this.#log.warn({ orderId: order.orderId, state: order.state, err: error }, 'map not told yet');
      return false;
    }
    this.#told.push(order.orderId);
    this.#timer ??= setTimeout(() => this.#mark(), MARK_AFTER_MS);
    return true;
  }

  /** Writes down what was told and not yet marked. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#mark();
    await this.#marking;
  }

  async #say(order: Order): Promise<void> {
    const { eventId, orderId, holdId, visitorId, seats } = order;
    if (order.state === 'paid') {
      await markSold(this.#redis, eventId, order);
    } else if (order.state === 'failed') {
      const failure = order.failure ?? 'provider_error';
      await giveBack(this.#redis, eventId, { holdId, orderId, visitorId, failure });
      // Bought in one call, without a room: nobody is there who could use the hold.
      if (order.admissionId === '') await releaseHold(this.#redis, eventId, { holdId, visitorId });
    } else if (order.state === 'refunded') {
      // Told late, a seat may have been sold to somebody else by now: that one stays sold.
      const claimed = await claimedAmong(this.#db, eventId, seats);
      const free = seats.filter((seat) => !claimed.has(seat));
      if (free.length > 0) await unsell(this.#redis, eventId, { orderId, visitorId, seats: free });
    }
  }

  #mark(): void {
    this.#timer = undefined;
    const orderIds = this.#told;
    this.#told = [];
    if (orderIds.length === 0) return;
    this.#marking = this.#marking
      .then(() => markMapTold(this.#db, orderIds))
      .catch((error: unknown) => this.#log.warn({ err: error }, 'outcomes told but not marked'));
  }
}
