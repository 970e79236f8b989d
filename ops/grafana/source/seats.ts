/** The seat service: sockets, the feed, holds and their ends. */
import { type Dashboard, heat, quantiles, rates, time } from './panels.ts';
import { instances, processRow } from './process.ts';

const OWN = 'job="seats", instance=~"$instance"';

export const seats: Dashboard = {
  uid: 'usher-seats',
  title: 'Usher seats',
  description: 'Seat-map sockets, what they are sent, holds, and the process.',
  variables: instances('seats'),
  rows: [
    {
      title: 'Sockets',
      panels: [
        time({
          title: 'Open sockets',
          description: 'SOCKETS_MAX is the limit of one process.',
          unit: 'short',
          queries: [{ expr: `usher_seats_sockets{${OWN}}`, legend: '{{instance}}' }],
        }),
        time({
          title: 'Upgrades by outcome',
          description: 'A second. Everything but "opened" was refused.',
          unit: 'ops',
          queries: [rates('usher_seats_upgrades_total', OWN, 'outcome')],
        }),
        time({
          title: 'Closes by code',
          description:
            '4001 restarting, 4029 too many, 4500 admission ended, 4501 revoked, 4510 misuse, 1006 broken or too slow.',
          unit: 'ops',
          queries: [rates('usher_seats_closes_total', OWN, 'code')],
        }),
        time({
          title: 'Closed as too slow',
          description: 'A second: readers that left more unread than BACKPRESSURE_BYTES_MAX.',
          unit: 'ops',
          queries: [rates('usher_seats_slow_closed_total', OWN, 'instance')],
        }),
        time({
          title: 'Messages',
          description: 'Received from sockets, a second.',
          unit: 'ops',
          queries: [rates('usher_seats_messages_total', OWN, 'instance')],
        }),
        time({
          title: 'Mirrored events',
          description: 'Events that a process keeps a map of, because somebody watches them.',
          unit: 'short',
          queries: [{ expr: `usher_seats_rooms{${OWN}}`, legend: '{{instance}}' }],
        }),
        time({
          title: 'Snapshots',
          description: 'A second: at connecting, and asked for after a gap.',
          unit: 'ops',
          queries: [
            { ...rates('usher_seats_snapshots_total', OWN), legend: 'at connecting' },
            { ...rates('usher_seats_resyncs_total', OWN), legend: 'after a gap' },
          ],
        }),
      ],
    },
    {
      title: 'Feed',
      panels: [
        time({
          title: 'Frames and changes',
          description: 'A second. The more changes in a frame, the less a change costs.',
          unit: 'ops',
          queries: [
            { ...rates('usher_seats_frames_total', OWN), legend: 'frames' },
            { ...rates('usher_seats_changes_total', OWN), legend: 'changes' },
          ],
        }),
        time({
          title: 'Deliveries',
          description: 'Frames times the sockets that they went to, a second.',
          unit: 'ops',
          queries: [rates('usher_seats_deliveries_total', OWN, 'instance')],
        }),
        time({
          title: 'Fan-out and window',
          description: 'How long one frame takes to go out, and how long changes are gathered for the next.',
          unit: 's',
          queries: [
            ...quantiles('usher_seats_fan_out_seconds', OWN),
            { expr: `max(usher_seats_window_seconds{${OWN}})`, legend: 'window' },
          ],
        }),
        time({
          title: 'Holes in the feed',
          description: 'Filled, a second, by cause. A few at a reconnect are what they are for.',
          unit: 'ops',
          queries: [rates('usher_seats_recoveries_total', OWN, 'why')],
        }),
      ],
    },
    {
      title: 'Holds',
      panels: [
        time({
          title: 'Holds by outcome',
          description: 'Attempts a second over sockets.',
          unit: 'ops',
          queries: [rates('usher_seats_holds_total', OWN, 'outcome')],
        }),
        time({
          title: 'Expired by trigger',
          description: 'A second. Notification and timer race; the poll catches what both have missed.',
          unit: 'ops',
          queries: [rates('usher_holds_expired_total', OWN, 'trigger')],
        }),
        time({
          title: 'Lateness',
          description: 'From the deadline to the end of the hold; 250 ms is the promise for p99.',
          unit: 's',
          thresholds: [
            [null, 'green'],
            [0.25, 'red'],
          ],
          queries: quantiles('usher_hold_expiry_lateness_seconds', OWN),
        }),
        heat({
          title: 'Lateness, all of it',
          description: 'Each column is a moment; the darker, the more holds ended so late.',
          unit: 's',
          width: 24,
          queries: [
            {
              expr: `sum by (le) (increase(usher_hold_expiry_lateness_seconds_bucket{${OWN}}[$__rate_interval]))`,
              legend: '{{le}}',
            },
          ],
        }),
      ],
    },
    processRow('seats'),
  ],
};
