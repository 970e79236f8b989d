/**
 * The poller of the outbox: hands promised work to the queue that nobody else has handed over, or that the
 * queue has forgotten. Where the queue does not answer, it works promised payments off itself, a few at a
 * time: a sale that is claimed is finished without any Redis. Rules CK.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type OutboxPatience, outboxBacklog, type Promised, takePromised } from '../../db/outbox.ts';
import type { CheckoutDeps } from './deps.ts';

export type OutboxSettings = {
  readonly everyMs: number;
  readonly patience: OutboxPatience;
};

export const OUTBOX_DEFAULTS: OutboxSettings = {
  everyMs: 1_000,
  patience: {
    freshMs: 2_000,
    againMs: { order: 10_000, refund: 10_000, 'issue-tickets': 120_000, mail: 600_000 },
  },
};

const ROWS_PER_ROUND_MAX = 500;
const HANDED_AT_ONCE = 25;
/** Payments at a time without the queue: below the pool of connections, so that others get one. */
const BY_HAND_MAX = 5;

export type RunByHand = (promised: Promised) => Promise<void>;

export class Outbox {
  readonly name = 'outbox';
  readonly #deps: CheckoutDeps;
  readonly #settings: OutboxSettings;
  readonly #byHand: RunByHand;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(deps: CheckoutDeps, byHand: RunByHand, settings: OutboxSettings = OUTBOX_DEFAULTS) {
    this.#deps = deps;
    this.#byHand = byHand;
    this.#settings = settings;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** One round. Returns how many rows it took. */
  async round(): Promise<number> {
    const { db, jobs } = this.#deps;
    const taken = await takePromised(db, this.#settings.patience, ROWS_PER_ROUND_MAX);
    const left: Promised[] = [];
    const hand = async (promised: Promised) => {
      const payload = { orderId: promised.orderId };
      if (left.length > 0) left.push(promised);
      else
        await jobs[promised.again ? 'addAgain' : 'add'](promised.kind, payload).catch(() =>
          left.push(promised),
        );
    };
    for (let at = 0; at < taken.length; at += HANDED_AT_ONCE) {
      await Promise.all(taken.slice(at, at + HANDED_AT_ONCE).map(hand));
    }
    if (left.length > 0) await this.#workOff(left);
    return taken.length;
  }

  async #workOff(rows: readonly Promised[]): Promise<void> {
    this.#deps.log.warn({ rows: rows.length }, 'the queue does not answer: working the outbox off by hand');
    const urgent = rows.filter((row) => row.kind === 'order' || row.kind === 'refund');
    const work = urgent.values();
    const hand = async () => {
      for (const row of work) {
        if (this.#stop.signal.aborted) return;
        // What does not settle now is taken again in a later round.
        await this.#byHand(row).catch(() => {});
      }
    };
    await Promise.all(Array.from({ length: BY_HAND_MAX }, hand));
  }

  async #run(): Promise<void> {
    const { log, metrics, db } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.round();
        metrics.outboxOpen.reset();
        metrics.outboxOldestSeconds.reset();
        for (const { kind, open, oldestMs } of await outboxBacklog(db)) {
          metrics.outboxOpen.set({ kind }, open);
          metrics.outboxOldestSeconds.set({ kind }, oldestMs / 1000);
        }
      } catch (error) {
        log.warn({ err: error }, 'outbox round failed');
      }
      // Spread out, so that several workers do not come at the same moment.
      await sleep(this.#settings.everyMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }
}
