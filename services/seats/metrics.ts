/** What the seat service measures. Times are in seconds, as Prometheus wants them. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS_S } from '../../shared/runtime/metrics.ts';

export type SeatsMetrics = ReturnType<typeof createSeatsMetrics>;

export function createSeatsMetrics(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  return {
    sockets: new Gauge({ name: 'usher_seats_sockets', help: 'Open seat-map sockets.', registers }),
    rooms: new Gauge({ name: 'usher_seats_rooms', help: 'Events that this process mirrors.', registers }),
    upgrades: new Counter({
      name: 'usher_seats_upgrades_total',
      help: 'Upgrade requests by what became of them.',
      labelNames: ['outcome'],
      registers,
    }),
    closes: new Counter({
      name: 'usher_seats_closes_total',
      help: 'Closed sockets by close code.',
      labelNames: ['code'],
      registers,
    }),
    slowCloses: counter(
      'usher_seats_slow_closed_total',
      'Sockets closed because their reader left more unread than BACKPRESSURE_BYTES_MAX.',
    ),
    frames: counter('usher_seats_frames_total', 'Delta frames made.'),
    changes: counter('usher_seats_changes_total', 'Seat changes in the frames made.'),
    deliveries: counter('usher_seats_deliveries_total', 'Frames times the sockets that they went to.'),
    snapshots: counter('usher_seats_snapshots_total', 'Snapshots sent at connecting.'),
    resyncs: counter('usher_seats_resyncs_total', 'Snapshots that clients asked for after a gap.'),
    recoveries: new Counter({
      name: 'usher_seats_recoveries_total',
      help: 'Holes in the feed that were filled, by cause.',
      labelNames: ['why'],
      registers,
    }),
    holds: new Counter({
      name: 'usher_seats_holds_total',
      help: 'Hold attempts by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    messages: counter('usher_seats_messages_total', 'Messages received.'),
    fanOut: new Histogram({
      name: 'usher_seats_fan_out_seconds',
      help: 'Time from the first to the last publish of a frame.',
      buckets: LATENCY_BUCKETS_S,
      registers,
    }),
    window: new Gauge({
      name: 'usher_seats_window_seconds',
      help: 'The window in which changes are gathered, as it is now.',
      registers,
    }),
    expiryLateness: new Histogram({
      name: 'usher_hold_expiry_lateness_seconds',
      help: 'How long after its deadline a hold was ended.',
      buckets: LATENCY_BUCKETS_S,
      registers,
    }),
    expired: new Counter({
      name: 'usher_holds_expired_total',
      help: 'Holds ended at their deadline, by what noticed it.',
      labelNames: ['trigger'],
      registers,
    }),
  };
}
