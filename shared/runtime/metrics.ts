/**
 * One registry per process, with the process's own figures. Event-loop delay is the first health figure: a
 * service whose loop is late is late with everything.
 */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** A registry that has the process's default figures; `service` is a label of every series. */
export function createRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry, prefix: 'usher_' });
  return registry;
}

/**
 * Adds `usher_dependency_up`: at each scrape, `probe` is asked how whatever the process depends on answers. It has
 * to come back within the patience of a scrape, and never to throw.
 */
export function watchDependencies(
  registry: Registry,
  probe: () => Promise<Readonly<Record<string, 'up' | 'down'>>>,
): void {
  new Gauge({
    name: 'usher_dependency_up',
    help: '1 where a dependency answers this process, 0 where it does not.',
    labelNames: ['dependency'],
    registers: [registry],
    async collect() {
      for (const [dependency, state] of Object.entries(await probe())) {
        this.set({ dependency }, state === 'up' ? 1 : 0);
      }
    },
  });
}

/** Buckets for latencies of a few milliseconds, in seconds: Prometheus wants base units. */
export const LATENCY_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
