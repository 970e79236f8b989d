import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { RequestTimes } from './request-times.ts';

describe('request times', () => {
  it('LC2 are a Prometheus histogram: cumulative buckets, sum and count by labels', async () => {
    const registry = new Registry();
    registry.setDefaultLabels({ service: 'gateway' });
    const times = new RequestTimes(registry);
    for (const seconds of [0.0005, 0.003, 0.003, 99]) times.observe('GET', '/events', 200, seconds);
    times.observe('GET', '/events', 503, 0.3);
    const lines = (await registry.metrics()).split('\n');
    expect(lines).toContain('# TYPE usher_http_request_seconds histogram');
    const find = (start: string) => lines.filter((line) => line.startsWith(start));
    expect(find('usher_http_request_seconds_bucket{le="0.001"')[0]).toMatch(/ 1$/);
    expect(find('usher_http_request_seconds_bucket{le="0.005"')[0]).toMatch(/ 3$/);
    expect(find('usher_http_request_seconds_bucket{le="10"')[0]).toMatch(/ 3$/);
    expect(find('usher_http_request_seconds_bucket{le="+Inf"')[0]).toMatch(/ 4$/);
    expect(find('usher_http_request_seconds_count')).toHaveLength(2);
    expect(find(`usher_http_request_seconds_sum`)[0]).toContain('99.0065');
    expect(find(`usher_http_request_seconds_count`)[0]).toMatch(
      /method="GET",route="\/events",status="200".* 4$/,
    );
  });
});
