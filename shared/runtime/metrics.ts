/**
 * One registry per process, with the process's own figures. Event-loop delay is the first health figure: a
 * service whose loop is late is late with everything.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry that has the process's default figures; `service` is a label of every series. */
export function createRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry, prefix: 'usher_' });
  return registry;
}

/** Buckets for latencies of a few milliseconds, in seconds: Prometheus wants base units. */
export const LATENCY_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
