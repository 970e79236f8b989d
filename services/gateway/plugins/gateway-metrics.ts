/** The gateway's own figures. Those per event are gauges that are filled when somebody scrapes: metrics.ts. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { RequestTimes } from './request-times.ts';

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

/** Registers the gateway's metrics; once per registry. */
export function createGatewayMetrics(registry: Registry) {
  const registers = [registry];
  return {
    requests: new RequestTimes(registry),
    joins: new Counter({
      name: 'usher_joins_total',
      help: 'Joins of a line.',
      labelNames: ['event'],
      registers,
    }),
    parked: new Counter({
      name: 'usher_parked_joins_total',
      help: 'Joins that got a place which is never called, by reason.',
      labelNames: ['event', 'reason'],
      registers,
    }),
    admissions: new Counter({
      name: 'usher_admissions_total',
      help: 'Visitors who entered.',
      labelNames: ['event'],
      registers,
    }),
    holds: new Counter({
      name: 'usher_http_holds_total',
      help: 'Attempts to hold seats over HTTP by outcome.',
      labelNames: ['event', 'outcome'],
      registers,
    }),
    errors: new Counter({
      name: 'usher_errors_total',
      help: 'Error answers by code.',
      labelNames: ['code'],
      registers,
    }),
    eventErrors: new Counter({
      name: 'usher_event_errors_total',
      help: 'Error answers about one event.',
      labelNames: ['event'],
      registers,
    }),
    ticks: new Counter({
      name: 'usher_line_ticks_total',
      help: 'Ticks of lines by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    called: new Counter({
      name: 'usher_line_called_total',
      help: 'Visitors whom this gateway called.',
      labelNames: ['event'],
      registers,
    }),
    streams: new Gauge({ name: 'usher_line_streams', help: 'Open event streams of lines.', registers }),
  };
}
