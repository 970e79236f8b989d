/** The report of a run: JSON for machines, Markdown for people, a chart for each sale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Point } from '../swarm/plan.ts';
import { blockChart, svgChart } from './chart.ts';
import type { PartResult } from './parts.ts';
import type { Settled } from './settlement.ts';
import type { Fault } from './tally.ts';

export type RunReport = {
  readonly startedAtMs: number;
  readonly wallMs: number;
  readonly command: string;
  readonly url: string;
  readonly house: string;
  readonly parts: readonly PartResult[];
  readonly events: readonly Settled[];
  readonly ordersPaid: number;
  readonly seatsSold: number;
  /** Seats or tickets that two orders have, a sentence each. */
  readonly duplicates: readonly string[];
  /** Of the parts and of the reckoning, with the part that saw them. */
  readonly faults: readonly (Fault & { readonly part: string })[];
};

/** Writes the report into `dir` and returns its files. */
export function writeReport(dir: string, report: RunReport): string[] {
  mkdirSync(dir, { recursive: true });
  const files: string[] = [];
  const put = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    files.push(join(dir, name));
  };
  // Single purchases have done their duty in the ledger.
  const parts = report.parts.map(({ sales, ...part }) => ({ ...part, sales: sales.length }));
  put('report.json', `${JSON.stringify({ ...report, machine: machine(), parts }, null, 2)}\n`);
  put('report.md', markdown(report));
  for (const { name, title, points } of report.parts) {
    const svg = svgChart(title, points);
    if (svg !== '') put(`${name}.svg`, svg);
  }
  return files;
}

function machine(): string {
  const [first] = cpus();
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} cores (${first?.model.trim() ?? 'unknown'}), ${gib} GiB, Node ${process.versions.node}, ${process.platform}`;
}

export function markdown(report: RunReport): string {
  const { parts, events, faults, duplicates } = report;
  return `${[
    '# Load test',
    faults.length === 0
      ? `**Passed.** ${report.ordersPaid} orders with ${report.seatsSold} seats, ${duplicates.length} sold twice.`
      : `**Failed:** ${faults.length} kinds of fault.`,
    table(
      ['setting', 'value'],
      [
        ['begun', new Date(report.startedAtMs).toISOString()],
        ['took', `${(report.wallMs / 1_000).toFixed(1)} s`],
        ['options', report.command],
        ['house', `${report.url}, ${report.house}`],
        ['machine', machine()],
      ],
    ),
    'Load generator, services, Redis and PostgreSQL share this machine unless the house is elsewhere: times and rates are those of all of them together.',
    ...parts.map(part),
    '## Reckoning',
    table(
      [
        'event',
        'name',
        'seats',
        'sold',
        'locked',
        'available',
        'bought by this run',
        'orders paid',
        'orders failed',
      ],
      events.map(({ eventId, name, seats, bought, orders }) => [
        eventId,
        name,
        seats.total,
        seats.sold,
        seats.locked,
        seats.available,
        bought,
        orders.paid,
        orders.failed,
      ]),
    ),
    `Seats and tickets that two orders have: **${duplicates.length}**.`,
    ...duplicates.slice(0, 10).map((sentence) => `- ${sentence}`),
    ...(faults.length === 0 ? [] : ['## Faults', faultTable(faults)]),
  ].join('\n\n')}\n`;
}

function faultTable(faults: RunReport['faults']): string {
  return table(
    ['part', 'fault', 'times', 'for example'],
    faults.map(({ part: name, what, count, examples }) => [name, what, count, examples[0] ?? '']),
  );
}

function part({
  title,
  driver,
  settings,
  wallMs,
  counts,
  latencies,
  spans,
  cpuSeconds,
  points,
  name,
}: PartResult): string {
  const chart = blockChart(points);
  const blocks = [
    `## ${title}`,
    `Driven by ${driver === 'Artillery' ? 'Artillery' : 'the swarm of this folder'}, ${(wallMs / 1_000).toFixed(1)} s.`,
    table(['setting', 'value'], Object.entries(settings)),
    table(['count', ''], [...Object.entries(counts), ...rates(counts, spans), ...milestones(points)]),
    table(
      ['step, ms', 'count', 'p50', 'p95', 'p99', 'max'],
      Object.entries(latencies).map(([step, { count, p50, p95, p99, max }]) => [
        step,
        count,
        p50,
        p95,
        p99,
        max,
      ]),
    ),
    Object.keys(spans).length === 0
      ? ''
      : table(
          ['stretch', 's'],
          Object.entries(spans).map(([span, ms]) => [span, (ms / 1_000).toFixed(2)]),
        ),
    table(
      ['process', 'CPU s', '% of one core'],
      Object.entries(cpuSeconds).map(([process, seconds]) => [
        process,
        seconds.toFixed(2),
        Math.round((seconds * 100_000) / wallMs),
      ]),
    ),
    chart === '' ? '' : `\`\`\`\n${chart}\n\`\`\`\n\n![${title}](${name}.svg)`,
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

/** How far a sale was after the times that such tests are usually compared by. */
export function milestones(points: readonly Point[]): [string, number][] {
  const startMs = points[0]?.atMs ?? 0;
  const at = (seconds: number) => points.find(({ atMs }) => atMs - startMs >= seconds * 1_000);
  const [tenth, fortieth] = [at(10), at(40) ?? points.at(-1)];
  const found: [string, number][] = [];
  if (tenth && tenth.joined > 0) found.push(['came in within 10 s', tenth.admitted]);
  if (fortieth && fortieth.joined > 0) found.push(['ordered within 40 s', fortieth.ordered]);
  return found;
}

/** What was done in a second while it was done. */
export function rates(
  counts: Readonly<Record<string, number>>,
  spans: Readonly<Record<string, number>>,
): [string, string][] {
  const found: [string, string][] = [];
  const put = (name: string, count: number | undefined, ms: number | undefined) => {
    if (count && ms && ms > 0) found.push([name, `${((count * 1_000) / ms).toFixed(0)} a second`]);
  };
  put('joins', counts.joined, spans['until the last one had joined']);
  const [first, last] = [spans['until the first order was paid'], spans['until the last order was paid']];
  if (first !== undefined && last !== undefined) put('orders paid', counts.paid, last - first);
  put('requests', counts['requests at a time'], spans['until all were answered and paid']);
  return found;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
