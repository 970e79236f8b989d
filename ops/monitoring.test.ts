/** Dashboards and alerts against what the services export, without a Prometheus; check-dashboards.ts asks a real one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCheckoutMetrics } from '../services/checkout/metrics.ts';
import type { Deps } from '../services/gateway/deps.ts';
import type { Catalogue } from '../services/gateway/events/catalogue.ts';
import { createGatewayMetrics } from '../services/gateway/plugins/gateway-metrics.ts';
import { EventFigures } from '../services/gateway/service/event-figures.ts';
import { createSeatsMetrics } from '../services/seats/metrics.ts';
import { createRegistry, watchDependencies } from '../shared/runtime/metrics.ts';
import { DASHBOARDS_DIR, dashboardFiles } from './grafana/build-dashboards.ts';
import { alertRules, dashboards, metricNames, questions } from './questions.ts';

const HANDBOOK = join(import.meta.dirname, '../docs/operations.md');

function exportedNames(): Set<string> {
  const gateway = createRegistry('gateway');
  createGatewayMetrics(gateway);
  new EventFigures({ registry: gateway } as Deps, {} as Catalogue);
  const seats = createRegistry('seats');
  createSeatsMetrics(seats);
  const checkout = createRegistry('checkout');
  createCheckoutMetrics(checkout);
  for (const registry of [gateway, seats, checkout]) watchDependencies(registry, async () => ({}));
  const names = [gateway, seats, checkout].flatMap((registry) =>
    registry.getMetricsAsArray().flatMap((metric) => {
      const { name, type } = metric as unknown as { name: string; type: unknown };
      const isHistogram = String(type) === 'histogram';
      return isHistogram ? ['_bucket', '_sum', '_count'].map((form) => `${name}${form}`) : [name];
    }),
  );
  return new Set(names);
}

describe('metrics', () => {
  it('that dashboards and alerts name are exported by a service', () => {
    const names = exportedNames();
    for (const { from, expr } of questions()) {
      for (const name of metricNames(expr)) {
        if (name.startsWith('usher_')) expect(names, `${from}: ${name}`).toContain(name);
      }
    }
  });

  it('are found in an expression', () => {
    const expr =
      'sum by (usher_label) (rate(usher_a_total{x="usher_b"}[1m])) or on (event) up{job="redis_x"} == 0';
    expect(metricNames(expr)).toEqual(['usher_a_total', 'up']);
  });
});

describe('dashboards', () => {
  it('are what build-dashboards.ts makes', () => {
    const how = 'node ops/grafana/build-dashboards.ts && npx biome check --write ops/grafana/dashboards';
    expect([...dashboards().keys()].sort()).toEqual([...dashboardFiles().keys()].sort());
    for (const [name, text] of dashboardFiles()) {
      expect(JSON.parse(readFileSync(join(DASHBOARDS_DIR, name), 'utf8')), how).toEqual(JSON.parse(text));
    }
  });

  it('have panels that do not overlap, each with a title, a description and an id of its own', () => {
    type Placed = { id: number; title: string; type: string; description?: string; gridPos: Box };
    for (const [name, dashboard] of dashboards()) {
      const panels = dashboard.panels as unknown as Placed[];
      expect(new Set(panels.map(({ id }) => id)).size, name).toBe(panels.length);
      panels.forEach((panel, at) => {
        const { x, w } = panel.gridPos;
        expect(x + w, `${name}: ${panel.title}`).toBeLessThanOrEqual(24);
        if (panel.type !== 'row') expect(panel.description, `${name}: ${panel.title}`).toMatch(/\.$/);
        for (const other of panels.slice(at + 1)) {
          expect(overlap(panel.gridPos, other.gridPos), `${name}: ${panel.title}, ${other.title}`).toBe(
            false,
          );
        }
      });
    }
  });
});

describe('alerts', () => {
  it('say how bad it is, what it is, and where to read on', () => {
    for (const { alert, labels, annotations } of alertRules()) {
      expect(['critical', 'warning'], alert).toContain(labels.severity);
      expect(annotations.summary, alert).toMatch(/\.$/);
      expect(annotations.description, alert).toMatch(/[.?]$/);
      expect(annotations.runbook_url, alert).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    }
  });

  it('have a heading in docs/operations.md', () => {
    const headings = new Set(
      [...readFileSync(HANDBOOK, 'utf8').matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w\- ]/g, '')
          .trim()
          .replaceAll(' ', '-'),
      ),
    );
    for (const { alert } of alertRules()) expect(headings, alert).toContain(alert.toLowerCase());
  });
});

type Box = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
