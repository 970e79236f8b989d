/**
 * Compares what PostgreSQL decided with what Redis shows, and puts Redis right. It finds nothing to do on a
 * good day; after a crash, a lost job or a wiped Redis it is what makes the end the right one. Rules CK.
 *
 * | finds | does |
 * |---|---|
 * | an order that is finished, and the map was not told | tells it |
 * | an order whose time is over and that is still open | its job again, whatever became of the first |
 * | a hold that is paying past its time, without an open order | as the order ended; given back where there is none |
 * | holds past their deadline | the script that frees them, as a third trigger beside expiry and timer |
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { overdueOrders, sellingEventIds, untoldOrders } from '../../db/order-outcomes.ts';
import { readOrders } from '../../db/orders.ts';
import { forgetDone } from '../../db/outbox.ts';
import { giveBack } from '../../lua/give-back.ts';
import { listHolds } from '../../lua/read-holds.ts';
import { DUE_PER_CALL_MAX, releaseDue } from '../../lua/release-due.ts';
import { EventNotLoaded } from '../../lua/run-script.ts';
import type { CheckoutDeps } from './deps.ts';

export type ReconcilerSettings = {
  readonly everyMs: number;
  /** Whoever finished an order also tells the map; before this it is left to them. */
  readonly untoldMs: number;
  /** How long past its time an open order is left to its own job. */
  readonly overdueMs: number;
};

export const RECONCILER_DEFAULTS: ReconcilerSettings = { everyMs: 2_000, untoldMs: 3_000, overdueMs: 10_000 };

const ORDERS_PER_ROUND_MAX = 500;
const PAYING_EVERY_ROUNDS = 5;
const KEPT_PROMISES_MS = 86_400_000;
/** Rounds between two sweeps of the kept promises. */
const SWEEP_EVERY_ROUNDS = 60;

export class Reconciler {
  readonly name = 'reconciler';
  readonly #deps: CheckoutDeps;
  readonly #settings: ReconcilerSettings;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #rounds = 0;

  constructor(deps: CheckoutDeps, settings: ReconcilerSettings = RECONCILER_DEFAULTS) {
    this.#deps = deps;
    this.#settings = settings;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** One round over everything; each part goes on though another failed. */
  async round(): Promise<void> {
    await this.#quietly('untold', () => this.#tellUntold());
    await this.#quietly('overdue', () => this.#hurryOverdue());
    await this.#quietly('holds', () => this.#checkHolds());
  }

  async #tellUntold(): Promise<void> {
    const { db, teller } = this.#deps;
    for (const order of await untoldOrders(db, this.#settings.untoldMs, ORDERS_PER_ROUND_MAX)) {
      // Redis is away: the rest would fail too, and each would wait for its time-out.
      if (!(await teller.tell(order))) return;
      this.#count('told', order.orderId);
    }
  }

  async #hurryOverdue(): Promise<void> {
    const { db, jobs } = this.#deps;
    for (const orderId of await overdueOrders(db, this.#settings.overdueMs, ORDERS_PER_ROUND_MAX)) {
      await jobs.addAgain('order', { orderId });
      this.#count('hurried', orderId);
    }
  }

  async #checkHolds(): Promise<void> {
    const { db, redis } = this.#deps;
    // Reading every hold of a full house takes Redis some milliseconds, and a late payment is in no hurry.
    const paying = this.#rounds++ % PAYING_EVERY_ROUNDS === 0;
    for (const eventId of await sellingEventIds(db)) {
      if (this.#stop.signal.aborted) return;
      try {
        while ((await releaseDue(redis, eventId)).ended === DUE_PER_CALL_MAX);
        if (paying) await this.#checkPaying(eventId);
      } catch (error) {
        // An event that Redis does not know has no holds.
        if (!(error instanceof EventNotLoaded)) throw error;
      }
    }
  }

  /** A hold that is paying is never freed by its deadline alone: PostgreSQL is asked what became of the order. */
  async #checkPaying(eventId: number): Promise<void> {
    const { db, redis, teller } = this.#deps;
    const holds = await listHolds(redis, eventId);
    const late = holds.filter(
      (hold) => hold.state === 'paying' && hold.expiresAtMs < Date.now() - this.#settings.untoldMs,
    );
    if (late.length === 0) return;
    const orders = new Map(
      (
        await readOrders(
          db,
          late.map((hold) => hold.orderId!),
        )
      ).map((order) => [order.orderId, order]),
    );
    for (const { holdId, visitorId, orderId } of late) {
      const order = orders.get(orderId!);
      if (order?.state === 'claimed' || order?.state === 'authorised') continue;
      if (order?.holdId === holdId && order.state !== 'refunded') await teller.tell(order);
      else {
        // Whoever began to pay got no further than that.
        const failure = 'payment_timeout';
        await giveBack(redis, eventId, { holdId, visitorId, orderId: orderId!, failure });
      }
      this.#count('hold', orderId!);
    }
  }

  #count(what: string, orderId: string): void {
    this.#deps.metrics.reconciled.inc({ what });
    this.#deps.log.info({ orderId, what }, 'reconciled');
  }

  async #quietly(part: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#deps.log.warn({ part, err: error }, 'reconciler could not look');
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let round = 1; !signal.aborted; round += 1) {
      await this.round();
      if (round % SWEEP_EVERY_ROUNDS === 0) {
        await this.#quietly('sweep', async () => void (await forgetDone(this.#deps.db, KEPT_PROMISES_MS)));
      }
      await sleep(this.#settings.everyMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }
}
