/**
 * How long requests took, by method, route and status: a Prometheus histogram of our own. The library's hashes
 * the labels of every observation anew, which was a seventh of what a read of the board costs this process; here
 * an observation is three look-ups and an addition.
 */
import type { Registry } from 'prom-client';
import { LATENCY_BUCKETS_S } from '../../../shared/runtime/metrics.ts';

const NAME = 'usher_http_request_seconds';

type Series = {
  readonly labels: { readonly method: string; readonly route: string; readonly status: number };
  /** How many fell into each bucket alone; they are summed up when somebody asks. */
  readonly buckets: number[];
  sumS: number;
};

export class RequestTimes {
  readonly #series = new Map<string, Map<string, Map<number, Series>>>();

  constructor(registry: Registry) {
    const metric = {
      name: NAME,
      help: 'HTTP requests by route and status.',
      type: 'histogram',
      aggregator: 'sum',
      collect: () => {},
      get: async () => this.#collect(),
      reset: () => this.#series.clear(),
    };
    // The registry wants one of its own classes and uses no more of it than this.
    registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    const series = this.#find(method, route, status);
    series.sumS += seconds;
    let at = 0;
    while (at < LATENCY_BUCKETS_S.length && seconds > LATENCY_BUCKETS_S[at]!) at++;
    series.buckets[at]!++;
  }

  #find(method: string, route: string, status: number): Series {
    let routes = this.#series.get(method);
    if (routes === undefined) {
      routes = new Map();
      this.#series.set(method, routes);
    }
    let statuses = routes.get(route);
    if (statuses === undefined) {
      statuses = new Map();
      routes.set(route, statuses);
    }
    let series = statuses.get(status);
    if (series === undefined) {
      const buckets = Array<number>(LATENCY_BUCKETS_S.length + 1).fill(0);
      series = { labels: { method, route, status }, buckets, sumS: 0 };
      statuses.set(status, series);
    }
    return series;
  }

  #collect() {
    const values: { labels: object; value: number; metricName: string }[] = [];
    for (const routes of this.#series.values()) {
      for (const statuses of routes.values()) {
        for (const { labels, buckets, sumS } of statuses.values()) {
          let count = 0;
          buckets.forEach((inBucket, at) => {
            count += inBucket;
            const le = LATENCY_BUCKETS_S[at] ?? '+Inf';
            values.push({ labels: { le, ...labels }, value: count, metricName: `${NAME}_bucket` });
          });
          values.push({ labels, value: sumS, metricName: `${NAME}_sum` });
          values.push({ labels, value: count, metricName: `${NAME}_count` });
        }
      }
    }
    return {
      name: NAME,
      help: 'HTTP requests by route and status.',
      type: 'histogram',
      aggregator: 'sum',
      values,
    };
  }
}
