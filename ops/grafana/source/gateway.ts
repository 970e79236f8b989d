/** The gateway: requests, the line, accounts of errors. */
import { type Dashboard, quantiles, rates, time } from './panels.ts';
import { instances, processRow } from './process.ts';

const OWN = 'job="gateway", instance=~"$instance"';

export const gateway: Dashboard = {
  uid: 'usher-gateway',
  title: 'Usher gateway',
  description: 'HTTP requests, the waiting lines, and the process.',
  variables: instances('gateway'),
  rows: [
    {
      title: 'Requests',
      panels: [
        time({
          title: 'Requests by route',
          description: 'A second.',
          unit: 'reqps',
          queries: [rates('usher_http_request_seconds_count', OWN, 'method, route')],
        }),
        time({
          title: 'Answers by status',
          description: 'A second.',
          unit: 'reqps',
          stacked: true,
          queries: [rates('usher_http_request_seconds_count', OWN, 'status')],
        }),
        time({
          title: 'Errors by code',
          description: 'A second. Codes and their meanings: shared/domain/errors.ts.',
          unit: 'ops',
          queries: [rates('usher_errors_total', OWN, 'code')],
        }),
        time({
          title: 'p99 by route',
          description: 'Without the streams, which live as long as their readers.',
          unit: 's',
          width: 12,
          queries: [
            {
              expr:
                'histogram_quantile(0.99, sum by (le, method, route) ' +
                `(rate(usher_http_request_seconds_bucket{${OWN}, route!~".*/stream"}[$__rate_interval])))`,
              legend: '{{method}} {{route}}',
            },
          ],
        }),
        time({
          title: 'Holds over HTTP',
          description: 'How long POST /events/:eventId/holds takes.',
          unit: 's',
          width: 12,
          queries: quantiles('usher_http_request_seconds', `${OWN}, method="POST", route=~".*/holds"`),
        }),
      ],
    },
    {
      title: 'Waiting lines',
      panels: [
        time({
          title: 'Joined by event',
          description: 'A second.',
          unit: 'ops',
          queries: [rates('usher_joins_total', OWN, 'event')],
        }),
        time({
          title: 'Called by event',
          description:
            'A second, by a tick of this gateway. Who is called because another leaves is not among them.',
          unit: 'ops',
          queries: [rates('usher_line_called_total', OWN, 'event')],
        }),
        time({
          title: 'Entered by event',
          description: 'A second.',
          unit: 'ops',
          queries: [rates('usher_admissions_total', OWN, 'event')],
        }),
        time({
          title: 'Ticks',
          description: 'Of all lines, a second. One that fails is tried again at once.',
          unit: 'ops',
          queries: [rates('usher_line_ticks_total', OWN, 'outcome')],
        }),
        time({
          title: 'Open streams',
          description: 'Readers of waiting lines; STREAMS_MAX is the limit.',
          unit: 'short',
          queries: [{ expr: `usher_line_streams{${OWN}}`, legend: '{{instance}}' }],
        }),
        time({
          title: 'Called through',
          description:
            'The number up to which each line has been called. Flat while anybody waits: look at "Calling".',
          unit: 'short',
          queries: [{ expr: `max by (event) (usher_event_called_through{${OWN}})`, legend: '{{event}}' }],
        }),
        time({
          title: 'Free slots',
          description: 'The capacity less those inside and those called, by event.',
          unit: 'short',
          queries: [
            {
              expr:
                `max by (event) (usher_event_capacity{${OWN}}) - on (event) max by (event) (usher_event_inside{${OWN}})` +
                ` - on (event) max by (event) (usher_event_called{${OWN}})`,
              legend: '{{event}}',
            },
          ],
        }),
        time({
          title: 'Calling',
          description:
            '1 where a free slot calls somebody: open, not paused, a rate above 0, seats left for one more.',
          unit: 'none',
          max: 1,
          queries: [{ expr: `max by (event) (usher_event_open{${OWN}})`, legend: '{{event}}' }],
        }),
        time({
          title: 'Waiting by event',
          description: 'As the gateways read it; each tells the same.',
          unit: 'short',
          queries: [{ expr: `max by (event) (usher_event_waiting{${OWN}})`, legend: '{{event}}' }],
        }),
      ],
    },
    {
      title: 'Events',
      panels: [
        time({
          title: 'Holds by outcome',
          description: 'Attempts a second over HTTP.',
          unit: 'ops',
          queries: [rates('usher_http_holds_total', OWN, 'outcome')],
        }),
        time({
          title: 'Sold by event',
          description: 'Seats that are paid for.',
          unit: 'short',
          queries: [
            { expr: `max by (event) (usher_event_seats{${OWN}, state="sold"})`, legend: '{{event}}' },
          ],
        }),
        time({
          title: 'Error answers by event',
          description: 'A second.',
          unit: 'ops',
          queries: [rates('usher_event_errors_total', OWN, 'event')],
        }),
      ],
    },
    processRow('gateway'),
  ],
};
