/** What an operator looks at while a sale opens. */
import { type Dashboard, quantiles, rates, stat, time } from './panels.ts';

const EVENT = 'event=~"$event"';
/** Every gateway tells the same of an event, so the figures of several are never added up. */
const perEvent = (metric: string, more = '') => `max by (event) (${metric}{${EVENT}${more}})`;
const seats = (state: string) => `sum(${perEvent('usher_event_seats', `, state="${state}"`)})`;
/** A stream lives as long as its reader; its duration says nothing. */
const NO_STREAMS = 'route!~".*/stream"';

export const overview: Dashboard = {
  uid: 'usher-on-sale',
  title: 'Usher on-sale',
  description: 'The line, the seats, the money and the health of it all, on one page.',
  variables: { event: 'label_values(usher_event_seats, event)' },
  rows: [
    {
      title: 'Now',
      panels: [
        stat({
          title: 'Waiting',
          description: 'Visitors in the lines of the chosen events.',
          unit: 'short',
          queries: [{ expr: `sum(${perEvent('usher_event_waiting')})` }],
        }),
        stat({
          title: 'Inside',
          description: 'Visitors whose admission lives.',
          unit: 'short',
          queries: [{ expr: `sum(${perEvent('usher_event_inside')})` }],
        }),
        stat({
          title: 'Sockets',
          description: 'Open seat maps, of all events.',
          unit: 'short',
          queries: [{ expr: 'sum(usher_seats_sockets)' }],
        }),
        stat({
          title: 'Available',
          description: 'Seats that can be held now.',
          unit: 'short',
          queries: [{ expr: seats('available') }],
        }),
        stat({
          title: 'Sold',
          description: 'Seats that are paid for.',
          unit: 'short',
          queries: [{ expr: seats('sold') }],
        }),
        stat({
          title: 'Breaker',
          description: 'The circuit breaker of the payment provider; the worst of all checkout services.',
          unit: 'none',
          mappings: { 0: 'closed', 1: 'half open', 2: 'open', 3: 'open' },
          thresholds: [
            [null, 'green'],
            [1, 'orange'],
            [2, 'red'],
          ],
          queries: [{ expr: 'max(usher_payment_breaker_state)' }],
        }),
        stat({
          title: 'Services down',
          description: 'Processes that do not answer Prometheus.',
          unit: 'none',
          thresholds: [
            [null, 'green'],
            [1, 'red'],
          ],
          queries: [{ expr: 'count(up{job=~"gateway|seats|checkout"} == 0) or vector(0)' }],
        }),
        stat({
          title: 'Alerts',
          description: 'Alerts that fire; each has its page in docs/operations.md.',
          unit: 'none',
          thresholds: [
            [null, 'green'],
            [1, 'red'],
          ],
          queries: [{ expr: 'count(ALERTS{alertname=~"Usher.*", alertstate="firing"}) or vector(0)' }],
        }),
      ],
    },
    {
      title: 'Line',
      panels: [
        time({
          title: 'Waiting and inside',
          description:
            'Inside and called together stay at the capacity while anybody waits, as far as the rate allows.',
          unit: 'short',
          queries: [
            { expr: perEvent('usher_event_waiting'), legend: 'waiting, event {{event}}' },
            { expr: perEvent('usher_event_inside'), legend: 'inside, event {{event}}' },
            { expr: perEvent('usher_event_called'), legend: 'called, event {{event}}' },
            { expr: perEvent('usher_event_capacity'), legend: 'capacity, event {{event}}' },
          ],
        }),
        time({
          title: 'Joined, called, entered',
          description:
            'A second. "called" are those of the tick; who is called because another leaves is counted as entered.',
          unit: 'ops',
          queries: [
            { ...rates('usher_joins_total', EVENT), legend: 'joined' },
            { ...rates('usher_line_called_total', EVENT), legend: 'called' },
            { ...rates('usher_admissions_total', EVENT), legend: 'entered' },
          ],
        }),
        time({
          title: 'Connections',
          description: 'Open seat maps, and open streams of waiting lines.',
          unit: 'short',
          queries: [
            { expr: 'sum(usher_seats_sockets)', legend: 'seat maps' },
            { expr: 'sum(usher_line_streams)', legend: 'line streams' },
          ],
        }),
      ],
    },
    {
      title: 'Seats',
      panels: [
        time({
          title: 'Seats by state',
          description: 'Of the chosen events together.',
          unit: 'short',
          stacked: true,
          queries: ['sold', 'locked', 'available', 'blocked'].map((state) => ({
            expr: seats(state),
            legend: state,
          })),
        }),
        time({
          title: 'Holds by outcome',
          description:
            'Attempts a second over sockets and HTTP. seats_taken means that somebody else was faster.',
          unit: 'ops',
          queries: [
            {
              expr:
                'sum by (outcome) (rate(usher_seats_holds_total[$__rate_interval])' +
                ` or rate(usher_http_holds_total{${EVENT}}[$__rate_interval]))`,
              legend: '{{outcome}}',
            },
          ],
        }),
        time({
          title: 'Holds that ended unpaid',
          description:
            'A second, by what noticed the deadline. The poll is the last net and should catch little.',
          unit: 'ops',
          queries: [rates('usher_holds_expired_total', '', 'trigger')],
        }),
      ],
    },
    {
      title: 'Money',
      panels: [
        time({
          title: 'Orders by outcome',
          description: 'A second.',
          unit: 'ops',
          stacked: true,
          queries: [rates('usher_orders_total', EVENT, 'outcome')],
        }),
        time({
          title: 'From claim to outcome',
          description: 'How long a buyer watches the wheel turn.',
          unit: 's',
          queries: quantiles('usher_order_seconds'),
        }),
        time({
          title: 'Oldest promise',
          description: 'Age of the oldest row of the outbox that is not done, by kind.',
          unit: 's',
          queries: [{ expr: 'max by (kind) (usher_outbox_oldest_seconds)', legend: '{{kind}}' }],
        }),
      ],
    },
    {
      title: 'Latency',
      panels: [
        time({
          title: 'HTTP',
          description: 'All routes but the streams.',
          unit: 's',
          queries: quantiles('usher_http_request_seconds', NO_STREAMS),
        }),
        time({
          title: 'Holds end late',
          description: 'From the deadline to the end of the hold; 250 ms is the promise for p99.',
          unit: 's',
          thresholds: [
            [null, 'green'],
            [0.25, 'red'],
          ],
          queries: quantiles('usher_hold_expiry_lateness_seconds'),
        }),
        time({
          title: 'Fan-out',
          description: 'From the first to the last publish of one frame.',
          unit: 's',
          queries: quantiles('usher_seats_fan_out_seconds'),
        }),
      ],
    },
    {
      title: 'Health',
      panels: [
        time({
          title: 'Event-loop delay, p99',
          description: 'A service whose loop is late is late with everything.',
          unit: 's',
          thresholds: [
            [null, 'green'],
            [0.1, 'red'],
          ],
          queries: [
            {
              expr: 'max by (job, instance) (usher_nodejs_eventloop_lag_p99_seconds)',
              legend: '{{job}} {{instance}}',
            },
          ],
        }),
        time({
          title: 'CPU',
          description: 'Of one core, by service.',
          unit: 'percentunit',
          queries: [rates('usher_process_cpu_seconds_total', '', 'job')],
        }),
        time({
          title: 'Error answers by code',
          description: 'A second. Codes and their meanings: shared/domain/errors.ts.',
          unit: 'ops',
          queries: [rates('usher_errors_total', '', 'code')],
        }),
      ],
    },
  ],
};
