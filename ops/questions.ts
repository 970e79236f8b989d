/** Every question that the dashboards and the alert rules ask of Prometheus, as it would be asked. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export type Question = {
  readonly kind: 'panel' | 'alert';
  /** Where it stands, for people. */
  readonly from: string;
  readonly expr: string;
};

type Target = { readonly expr: string };
type DashboardJson = {
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets?: readonly Target[] }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
};
export type AlertRule = {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity?: string };
  readonly annotations: {
    readonly summary?: string;
    readonly description?: string;
    readonly runbook_url?: string;
  };
};

const DASHBOARDS = join(import.meta.dirname, 'grafana/dashboards');
const ALERTS = join(import.meta.dirname, 'prometheus/alerts.yml');
/** What Grafana puts in the place of its variables. */
const RATE_INTERVAL = '10s';

/** The dashboards by file name. */
export function dashboards(): Map<string, DashboardJson> {
  return new Map(
    readdirSync(DASHBOARDS)
      .filter((name) => name.endsWith('.json'))
      .map((name) => [name, JSON.parse(readFileSync(join(DASHBOARDS, name), 'utf8')) as DashboardJson]),
  );
}

/** The alert rules. */
export function alertRules(): AlertRule[] {
  const { groups } = parse(readFileSync(ALERTS, 'utf8')) as { groups: { rules: AlertRule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** All of them. An annotation counts as an alert: without data is how it should be. */
export function questions(): Question[] {
  const all: Question[] = alertRules().map(({ alert, expr }) => ({
    kind: 'alert',
    from: `alert ${alert}`,
    expr,
  }));
  for (const { title, panels, templating, annotations } of dashboards().values()) {
    for (const panel of panels) {
      for (const { expr } of panel.targets ?? []) {
        all.push({ kind: 'panel', from: `${title}: ${panel.title}`, expr: filled(expr) });
      }
    }
    for (const { name, definition } of templating.list) {
      const series = /^label_values\((.*), *\w+\)$/.exec(definition ?? '')?.[1];
      if (series !== undefined) all.push({ kind: 'panel', from: `${title}: variable ${name}`, expr: series });
    }
    for (const { name, expr } of annotations.list)
      all.push({ kind: 'alert', from: `${title}: ${name}`, expr });
  }
  return all;
}

function filled(expr: string): string {
  return expr.replaceAll('$__rate_interval', RATE_INTERVAL).replaceAll(/\$(event|instance)\b/g, '.*');
}

/** The names of the series in an expression. */
export function metricNames(expr: string): string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  return [...new Set([...bare.matchAll(/\b(up|ALERTS|(?:usher|redis|pg)_\w+)\b/g)].map(([name]) => name))];
}
