/** The checkout service's own figures. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS_S } from '../../shared/runtime/metrics.ts';

export type CheckoutMetrics = ReturnType<typeof createCheckoutMetrics>;

/** Registers the checkout metrics; once per registry. */
export function createCheckoutMetrics(registry: Registry) {
  const registers = [registry];
  return {
    orders: new Counter({
      name: 'usher_orders_total',
      help: 'Orders that reached an end, by outcome.',
      labelNames: ['event', 'outcome'],
      registers,
    }),
    stepSeconds: new Histogram({
      name: 'usher_checkout_step_seconds',
      help: 'Steps of checkout, without the waiting between them.',
      labelNames: ['step', 'outcome'],
      buckets: LATENCY_BUCKETS_S,
      registers,
    }),
    orderSeconds: new Histogram({
      name: 'usher_order_seconds',
      help: 'From the claim to the outcome.',
      labelNames: ['outcome'],
      buckets: [...LATENCY_BUCKETS_S, 30, 60, 180, 600],
      registers,
    }),
    paymentSeconds: new Histogram({
      name: 'usher_payment_seconds',
      help: 'Calls to the payment provider.',
      labelNames: ['step', 'outcome'],
      buckets: LATENCY_BUCKETS_S,
      registers,
    }),
    breakerState: new Gauge({
      name: 'usher_payment_breaker_state',
      help: 'Circuit breaker of the payment provider: 0 closed, 1 half open, 2 open.',
      registers,
    }),
    retries: new Counter({
      name: 'usher_job_retries_total',
      help: 'Jobs that will be tried again.',
      labelNames: ['kind'],
      registers,
    }),
    outboxOpen: new Gauge({
      name: 'usher_outbox_open',
      help: 'Promises of the outbox that are not kept yet.',
      labelNames: ['kind'],
      registers,
    }),
    outboxOldestSeconds: new Gauge({
      name: 'usher_outbox_oldest_seconds',
      help: 'Age of the oldest promise that is not kept yet.',
      labelNames: ['kind'],
      registers,
    }),
    reconciled: new Counter({
      name: 'usher_reconciled_total',
      help: 'What the reconciler put right.',
      labelNames: ['what'],
      registers,
    }),
    alarms: new Counter({
      name: 'usher_checkout_alarms_total',
      help: 'Things that must not happen and did; each has a line in the log.',
      labelNames: ['what'],
      registers,
    }),
    documents: new Counter({
      name: 'usher_pdfs_total',
      help: 'Ticket documents made.',
      labelNames: ['outcome'],
      registers,
    }),
    documentSeconds: new Histogram({
      name: 'usher_pdf_seconds',
      help: 'Making one document, the wait for a thread included.',
      buckets: LATENCY_BUCKETS_S,
      registers,
    }),
    mails: new Counter({
      name: 'usher_mails_total',
      help: 'Mails by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
  };
}
