/**
 * The checkout service put together: what main.ts starts, and what the tests start beside each other to kill
 * one of them. Owns everything that it makes; clients and the database are its caller's.
 */
import type { Redis } from 'ioredis';
import type { Registry } from 'prom-client';
import type { Db } from '../../db/client.ts';
import type { EventStore } from '../../db/event-store.ts';
import type { Keys } from '../../db/signing-keys.ts';
import { JobQueues } from '../../shared/jobs/enqueue.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { RedisClient } from '../../shared/runtime/redis.ts';
import { createTokens } from '../../shared/runtime/tokens.ts';
import type { CheckoutConfig } from './config.ts';
import type { CheckoutDeps } from './deps.ts';
import { issueTickets, type TicketDeps } from './issue-tickets.ts';
import { type MailDeps, mailTickets, smtpTransport } from './mail.ts';
import { MapTeller } from './map-teller.ts';
import { createCheckoutMetrics } from './metrics.ts';
import { Outbox, type OutboxSettings } from './outbox.ts';
import { guardPayments } from './payment-guard.ts';
import type { PaymentPort } from './payment-port.ts';
import { PdfPool } from './pdf/pool.ts';
import { processCheckout } from './process-checkout.ts';
import { processRefund } from './process-refund.ts';
import { Reconciler, type ReconcilerSettings } from './reconciler.ts';
import { ticketSigner } from './ticket-code.ts';
import { JobWorker } from './workers.ts';

export type ServiceParts = {
  readonly config: CheckoutConfig;
  readonly db: Db;
  readonly redis: RedisClient;
  /** For BullMQ's workers, which wait for a lost Redis. */
  readonly queueRedis: Redis;
  /** For adding jobs, which does not. */
  readonly producerRedis: Redis;
  readonly store: EventStore;
  readonly keys: Keys;
  readonly provider: PaymentPort;
  readonly registry: Registry;
  readonly log: Logger;
  readonly outbox?: OutboxSettings;
  readonly reconciler?: ReconcilerSettings;
};

/** Mailed links work for this long: the event may be a year away. */
const LINK_MS = 400 * 86_400_000;
const MAILS_AT_ONCE = 5;

export class CheckoutService {
  readonly deps: CheckoutDeps;
  readonly #workers: JobWorker[];
  readonly #outbox: Outbox;
  readonly #reconciler: Reconciler;
  readonly #pool: PdfPool;
  readonly #mail: MailDeps;
  #stopping: Promise<void> | undefined;

  constructor(parts: ServiceParts) {
    const { config, db, redis, store, registry, log } = parts;
    const metrics = createCheckoutMetrics(registry);
    const teller = new MapTeller(db, redis, store, log);
    const jobs = new JobQueues(parts.producerRedis);
    const payments = guardPayments(
      parts.provider,
      { timeoutMs: config.PROVIDER_TIMEOUT_MS, halfOpenAfterMs: config.BREAKER_REST_MS },
      metrics,
    );
    const deps: CheckoutDeps = { db, redis, store, jobs, payments, teller, metrics, log };
    this.deps = deps;
    this.#pool = new PdfPool(config.PDF_THREADS);
    const { TICKET_LOCALE: locale, TICKET_TIME_ZONE: timeZone, TICKET_TERMS: terms } = config;
    const tickets: TicketDeps = {
      ...deps,
      pool: this.#pool,
      print: { locale, timeZone, terms, codeOf: ticketSigner(parts.keys.ticketPrivatePem) },
    };
    const tokens = createTokens(parts.keys);
    const base = config.PUBLIC_URL.replace(/\/+$/, '') || `http://localhost:${config.GATEWAY_PORT}`;
    this.#mail = {
      ...deps,
      transport: config.SMTP_URL === '' ? undefined : smtpTransport(config.SMTP_URL, config.MAIL_FROM),
      locale,
      timeZone,
      linkTo: (documentId) => {
        const expiresAtMs = Date.now() + LINK_MS;
        return `${base}/tickets/${documentId}?exp=${expiresAtMs}&sig=${tokens.signLink(documentId, expiresAtMs)}`;
      },
    };

    const worker = { connection: parts.queueRedis, metrics, log };
    this.#workers = [
      new JobWorker(
        'orders',
        config.CHECKOUT_CONCURRENCY,
        (job, { orderId }) =>
          job.name === 'refund'
            ? processRefund(deps, orderId)
            : processCheckout(deps, orderId, job.attemptsStarted <= 1),
        worker,
      ),
      // One more than there are threads: the next order is read while the last is drawn.
      new JobWorker(
        'tickets',
        config.PDF_THREADS + 1,
        (_, payload) => issueTickets(tickets, payload),
        worker,
      ),
      new JobWorker('mails', MAILS_AT_ONCE, (_, { orderId }) => mailTickets(this.#mail, orderId), worker),
    ];
    this.#outbox = new Outbox(
      deps,
      ({ kind, orderId }) =>
        kind === 'refund' ? processRefund(deps, orderId) : processCheckout(deps, orderId, false),
      parts.outbox,
    );
    this.#reconciler = new Reconciler(deps, parts.reconciler);
  }

  start(): void {
    for (const worker of this.#workers) worker.start();
    this.#outbox.start();
    this.#reconciler.start();
  }

  /** Takes no more work. */
  drain(): void {
    for (const worker of this.#workers) worker.drain();
  }

  /** Finishes what was begun. A second call joins the first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    await Promise.all([this.#outbox.stop(), this.#reconciler.stop()]);
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    await this.#pool.stop();
    this.#mail.transport?.close();
    await this.deps.teller.stop();
    await this.deps.jobs.close();
  }
}
