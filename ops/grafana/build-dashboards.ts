/**
 * Writes the dashboards that Grafana is given:
 *   node ops/grafana/build-dashboards.ts && npx biome check --write ops/grafana/dashboards
 * They are made of the files in source/, where a panel is its question and what it means; a test holds the JSON
 * against them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkout } from './source/checkout.ts';
import { gateway } from './source/gateway.ts';
import { overview } from './source/overview.ts';
import { render } from './source/panels.ts';
import { seats } from './source/seats.ts';
import { stores } from './source/stores.ts';

export const DASHBOARDS_DIR = join(import.meta.dirname, 'dashboards');

/** File name and content of each dashboard. */
export function dashboardFiles(): Map<string, string> {
  return new Map(
    [overview, gateway, seats, checkout, stores].map((dashboard) => [
      `${dashboard.uid}.json`,
      `${JSON.stringify(render(dashboard), null, 2)}\n`,
    ]),
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, text] of dashboardFiles()) writeFileSync(join(DASHBOARDS_DIR, name), text);
}
