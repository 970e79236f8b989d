/** Checkout: orders, payments, promises kept and not kept, tickets and mail. */
import { type Dashboard, quantiles, rates, stat, time } from './panels.ts';
import { instances, processRow } from './process.ts';

const OWN = 'job="checkout", instance=~"$instance"';

export const checkout: Dashboard = {
  uid: 'usher-checkout',
  title: 'Usher checkout',
  description: 'Orders and payments, the outbox, tickets and mail, and the process.',
  variables: instances('checkout'),
  rows: [
    {
      title: 'Orders',
      panels: [
        time({
          title: 'Orders by outcome',
          description: 'A second.',
          unit: 'ops',
          stacked: true,
          queries: [rates('usher_orders_total', OWN, 'outcome')],
        }),
        time({
          title: 'From claim to outcome',
          description: 'How long a buyer waits, the waiting between the steps included.',
          unit: 's',
          queries: quantiles('usher_order_seconds', OWN),
        }),
        time({
          title: 'Steps, p99',
          description: 'Each without the waiting before it.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (le, step) (rate(usher_checkout_step_seconds_bucket{${OWN}}[$__rate_interval])))`,
              legend: '{{step}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Payment provider',
      panels: [
        time({
          title: 'Calls by outcome',
          description: 'A second. "refused" were never made: the breaker was open.',
          unit: 'ops',
          queries: [rates('usher_payment_seconds_count', OWN, 'step, outcome')],
        }),
        time({
          title: 'Answers',
          description: 'How long the provider takes.',
          unit: 's',
          queries: quantiles('usher_payment_seconds', OWN),
        }),
        time({
          title: 'Breaker',
          description: '0 closed, 1 half open, 2 open.',
          unit: 'none',
          max: 2,
          queries: [{ expr: `usher_payment_breaker_state{${OWN}}`, legend: '{{instance}}' }],
        }),
      ],
    },
    {
      title: 'Promises',
      panels: [
        time({
          title: 'Open',
          description: 'Rows of the outbox that are not done, by kind.',
          unit: 'short',
          queries: [{ expr: `max by (kind) (usher_outbox_open{${OWN}})`, legend: '{{kind}}' }],
        }),
        time({
          title: 'Age of the oldest',
          description:
            'An order whose payment is undecided may stand for paymentMs, three minutes by default.',
          unit: 's',
          queries: [{ expr: `max by (kind) (usher_outbox_oldest_seconds{${OWN}})`, legend: '{{kind}}' }],
        }),
        time({
          title: 'Tried again',
          description: 'Jobs a second that did not come to an end and will be run once more.',
          unit: 'ops',
          queries: [rates('usher_job_retries_total', OWN, 'kind')],
        }),
        time({
          title: 'Reconciled',
          description: 'What the reconciler put right, a second. Nothing on a good day.',
          unit: 'ops',
          width: 20,
          queries: [rates('usher_reconciled_total', OWN, 'what')],
        }),
        stat({
          title: 'Alarms',
          description:
            'Things that must not happen and did, since the processes began. The log names the orders.',
          unit: 'none',
          width: 4,
          thresholds: [
            [null, 'green'],
            [1, 'red'],
          ],
          queries: [{ expr: `sum(usher_checkout_alarms_total{${OWN}}) or vector(0)` }],
        }),
      ],
    },
    {
      title: 'Tickets and mail',
      panels: [
        time({
          title: 'Documents',
          description: 'A second, by outcome.',
          unit: 'ops',
          queries: [rates('usher_pdfs_total', OWN, 'outcome')],
        }),
        time({
          title: 'Making one',
          description: 'The wait for a thread included.',
          unit: 's',
          queries: quantiles('usher_pdf_seconds', OWN),
        }),
        time({
          title: 'Mails',
          description: 'A second, by outcome. "kept" where no SMTP server is named.',
          unit: 'ops',
          queries: [rates('usher_mails_total', OWN, 'outcome')],
        }),
      ],
    },
    processRow('checkout'),
  ],
};
