/**
 * The few forms of panels that the dashboards are made of, and how they are laid out. A dashboard is a list of
 * rows; in a row, panels flow from left to right in a grid of 24 columns.
 */

export type Query = { readonly expr: string; readonly legend?: string };

/** Grafana's names of units. */
export type Unit = 'none' | 's' | 'reqps' | 'ops' | 'bytes' | 'percentunit' | 'short' | 'dtdurations';

type Common = {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** From these values on: `[value, colour]`, the first being the base. */
  readonly thresholds?: readonly (readonly [number | null, string])[];
  readonly width?: number;
};

type StatPanel = Common & { readonly kind: 'stat'; readonly mappings?: Readonly<Record<string, string>> };
type TimePanel = Common & {
  readonly kind: 'time';
  readonly stacked?: true;
  readonly max?: number;
  readonly logarithmic?: true;
};
type HeatPanel = Common & { readonly kind: 'heat' };
export type Panel = StatPanel | TimePanel | HeatPanel;

export const stat = (panel: Omit<StatPanel, 'kind'>): Panel => ({ kind: 'stat', ...panel });
export const time = (panel: Omit<TimePanel, 'kind'>): Panel => ({ kind: 'time', ...panel });
export const heat = (panel: Omit<HeatPanel, 'kind'>): Panel => ({ kind: 'heat', ...panel });

export type Row = { readonly title: string; readonly panels: readonly Panel[] };

export type Dashboard = {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Further variables: name and the query that fills them. */
  readonly variables: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
};

const COLUMNS = 24;
const STAT_SIZE = { w: 3, h: 4 } as const;
const GRAPH_SIZE = { w: 8, h: 8 } as const;
const DATASOURCE = { type: 'prometheus', uid: '$datasource' } as const;

/** p50 and p99 of a histogram, `filter` being the matchers in its braces. */
export function quantiles(metric: string, filter = '', by = ''): Query[] {
  const matchers = filter === '' ? '' : `{${filter}}`;
  const labels = by === '' ? 'le' : `le, ${by}`;
  const what = by === '' ? '' : ` {{${by}}}`;
  return [0.5, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (${labels}) (rate(${metric}_bucket${matchers}[$__rate_interval])))`,
    legend: `p${quantile * 100}${what}`,
  }));
}

/** Events a second of a counter, by one of its labels or in all. */
export function rates(metric: string, filter = '', by = ''): Query {
  const matchers = filter === '' ? '' : `{${filter}}`;
  const rate = `rate(${metric}${matchers}[$__rate_interval])`;
  return by === ''
    ? { expr: `sum(${rate})` }
    : { expr: `sum by (${by}) (${rate})`, legend: `{{${by.replace(', ', '}} {{')}}}` };
}

/** The JSON that Grafana reads. */
export function render(dashboard: Dashboard): object {
  const panels: object[] = [];
  let id = 0;
  let y = 0;
  for (const row of dashboard.rows) {
    const gridPos = { h: 1, w: COLUMNS, x: 0, y: y++ };
    panels.push({ id: ++id, type: 'row', title: row.title, collapsed: false, gridPos, panels: [] });
    let x = 0;
    let height = 0;
    for (const panel of row.panels) {
      const size = panel.kind === 'stat' ? STAT_SIZE : GRAPH_SIZE;
      const w = panel.width ?? size.w;
      if (x + w > COLUMNS) {
        y += height;
        x = 0;
        height = 0;
      }
      panels.push(renderPanel(panel, ++id, { h: size.h, w, x, y }));
      x += w;
      height = Math.max(height, size.h);
    }
    y += height;
  }
  return {
    uid: dashboard.uid,
    title: dashboard.title,
    description: dashboard.description,
    tags: ['usher'],
    timezone: 'browser',
    editable: true,
    graphTooltip: 1,
    refresh: '5s',
    schemaVersion: 39,
    time: { from: 'now-15m', to: 'now' },
    templating: { list: [datasourceVariable(), ...Object.entries(dashboard.variables).map(queryVariable)] },
    links: [
      {
        type: 'dashboards',
        title: 'Usher',
        tags: ['usher'],
        asDropdown: true,
        keepTime: true,
        includeVars: false,
        icon: 'external link',
        targetBlank: false,
        tooltip: '',
        url: '',
      },
    ],
    annotations: { list: [alertAnnotations()] },
    panels,
  };
}

function renderPanel(panel: Panel, id: number, gridPos: object): object {
  const base = {
    id,
    title: panel.title,
    description: panel.description,
    datasource: DATASOURCE,
    gridPos,
    targets: panel.queries.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend ?? panel.title,
      ...(panel.kind === 'heat' ? { format: 'heatmap' } : {}),
      ...(panel.kind === 'stat' ? { instant: true } : {}),
    })),
  };
  const steps = (panel.thresholds ?? [[null, 'green']]).map(([value, color]) => ({ value, color }));
  const defaults = { unit: panel.unit, min: 0, thresholds: { mode: 'absolute', steps } };
  switch (panel.kind) {
    case 'stat':
      return {
        ...base,
        type: 'stat',
        fieldConfig: {
          defaults: {
            ...defaults,
            noValue: '–',
            mappings: Object.entries(panel.mappings ?? {}).map(([value, text]) => ({
              type: 'value',
              options: { [value]: { text } },
            })),
          },
          overrides: [],
        },
        options: {
          colorMode: panel.thresholds === undefined ? 'none' : 'background',
          graphMode: 'none',
          justifyMode: 'center',
          textMode: 'value',
          reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
        },
      };
    case 'time':
      return {
        ...base,
        type: 'timeseries',
        fieldConfig: {
          defaults: {
            ...defaults,
            ...(panel.max === undefined ? {} : { max: panel.max }),
            custom: {
              drawStyle: 'line',
              lineWidth: 1,
              fillOpacity: panel.stacked ? 35 : 8,
              showPoints: 'never',
              spanNulls: 30_000,
              stacking: { mode: panel.stacked ? 'normal' : 'none', group: 'A' },
              thresholdsStyle: { mode: panel.thresholds === undefined ? 'off' : 'dashed' },
              ...(panel.logarithmic ? { scaleDistribution: { type: 'log', log: 10 } } : {}),
            },
          },
          overrides: [],
        },
        options: {
          legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] },
          tooltip: { mode: 'multi', sort: 'desc' },
        },
      };
    case 'heat':
      return {
        ...base,
        type: 'heatmap',
        fieldConfig: { defaults: {}, overrides: [] },
        options: {
          calculate: false,
          yAxis: { unit: panel.unit },
          rowsFrame: { layout: 'le' },
          color: { mode: 'scheme', scheme: 'Oranges', steps: 64 },
          cellGap: 1,
          tooltip: { mode: 'single', yHistogram: true },
          legend: { show: true },
        },
      };
  }
}

function datasourceVariable(): object {
  return {
    name: 'datasource',
    label: 'Data source',
    type: 'datasource',
    query: 'prometheus',
    current: {},
    hide: 0,
    refresh: 1,
  };
}

function queryVariable([name, query]: [string, string]): object {
  return {
    name,
    label: `${name[0]!.toUpperCase()}${name.slice(1)}`,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 3,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
    hide: 0,
  };
}

/** Alerts that fire, as marks in every graph. */
function alertAnnotations(): object {
  return {
    name: 'Alerts',
    datasource: DATASOURCE,
    enable: true,
    hide: false,
    iconColor: 'red',
    expr: 'ALERTS{alertname=~"Usher.*", alertstate="firing"}',
    titleFormat: '{{alertname}}',
    tagKeys: 'severity,event,instance',
    step: '10s',
  };
}
