/** The scenario that Artillery drives, and its report in the form of ours. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Summary } from './latency.ts';
import type { PartContext, PartResult } from './parts.ts';
import { cpuBetween, cpuOf } from './processes.ts';
import type { Sale } from './sales-ledger.ts';
import { Tally } from './tally.ts';

const HERE = join(import.meta.dirname, '..');
const ARTILLERY = join(HERE, 'node_modules', 'artillery', 'bin', 'run');
const SCENARIO = join(HERE, 'scenarios', 'on-sale.yml');
const SAMPLE_MS = 500;

export type ArtilleryWish = {
  readonly eventId: number;
  readonly durationS: number;
  readonly arrivalsPerSecond: number;
};

/** What Artillery writes with `--output`, as much as is read here. */
type ArtilleryReport = {
  readonly aggregate: {
    readonly counters: Readonly<Record<string, number>>;
    readonly summaries: Readonly<
      Record<string, { count: number; p50: number; p95: number; p99: number; max: number }>
    >;
  };
};

/** Artillery's names for the steps, and ours. */
const STEPS: Readonly<Record<string, string>> = {
  'plugins.metrics-by-endpoint.response_time.join': 'join',
  'plugins.metrics-by-endpoint.response_time.poll': 'poll',
  'plugins.metrics-by-endpoint.response_time.admission': 'admission',
  'usher.socket_to_map': 'socket to map',
  'usher.hold': 'hold',
  'plugins.metrics-by-endpoint.response_time.order': 'order accepted',
  'usher.hold_to_paid': 'hold to paid',
  'usher.hold_to_sold': 'hold to sold on the map',
  'plugins.metrics-by-endpoint.response_time.tickets': 'tickets listed',
};
const COUNTS: Readonly<Record<string, string>> = {
  'vusers.created': 'visitors',
  'usher.joined': 'joined',
  'plugins.metrics-by-endpoint.poll.codes.200': 'polls',
  'usher.admitted': 'admitted',
  'usher.sockets': 'sockets',
  'usher.held': 'held',
  'usher.seats_were_taken': 'seats were taken',
  'plugins.metrics-by-endpoint.order.codes.202': 'ordered',
  'usher.paid': 'paid',
  'usher.tickets': 'tickets',
  'http.requests': 'HTTP requests',
};

/** Runs Artillery. Throws only where it could not be run at all; what it found are faults of the result. */
export async function runArtillery(
  { url, family, signal }: PartContext,
  { eventId, durationS, arrivalsPerSecond }: ArtilleryWish,
): Promise<PartResult> {
  if (!existsSync(ARTILLERY)) {
    throw new Error(`Artillery is not installed in ${HERE}; \`npm run test:load\` does that.`);
  }
  const dir = mkdtempSync(join(tmpdir(), 'usher-artillery-'));
  const [output, salesFile] = [join(dir, 'report.json'), join(dir, 'sales.jsonl')];
  try {
    const overrides = { config: { phases: [{ duration: durationS, arrivalRate: arrivalsPerSecond }] } };
    const args = ['run', '--quiet', '--target', url, '--output', output];
    args.push('--variables', JSON.stringify({ eventId }), '--overrides', JSON.stringify(overrides), SCENARIO);
    const startedMs = performance.now();
    const child = spawn(process.execPath, [ARTILLERY, ...args], {
      cwd: HERE,
      env: { ...process.env, ARTILLERY_DISABLE_TELEMETRY: 'true', LOADTEST_SALES_FILE: salesFile },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const collect = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-8_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    const roots = new Map([...family, ['load generator', child.pid!]]);
    const cpuBefore = cpuOf(roots);
    let cpuAtEnd = cpuBefore;
    const sampler = setInterval(() => {
      cpuAtEnd = { ...cpuAtEnd, ...cpuOf(roots) };
    }, SAMPLE_MS);
    const [code] = (await once(child, 'exit')) as [number | null];
    clearInterval(sampler);
    signal.removeEventListener('abort', kill);
    if (!existsSync(output)) throw new Error(`Artillery ended with ${code} and wrote no report:\n${said}`);
    const report = JSON.parse(readFileSync(output, 'utf8')) as ArtilleryReport;
    return {
      name: 'artillery',
      title: 'A visitor’s way through an on-sale, by Artillery',
      driver: 'Artillery',
      settings: { event: eventId, 'arrivals a second': arrivalsPerSecond, seconds: durationS },
      wallMs: Math.round(performance.now() - startedMs),
      spans: {},
      cpuSeconds: cpuBetween(cpuBefore, cpuAtEnd),
      points: [],
      sales: readSales(salesFile),
      ...readReport(report, code, said),
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function readSales(file: string): Sale[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Sale);
}

/** Counts, times and faults out of Artillery's report. `code` and `said` are how its process ended. */
export function readReport(
  { aggregate: { counters, summaries } }: ArtilleryReport,
  code: number | null,
  said: string,
): Pick<PartResult, 'counts' | 'latencies' | 'faults'> {
  const tally = new Tally();
  const latencies: Record<string, Summary> = {};
  for (const [name, step] of Object.entries(STEPS)) {
    const found = summaries[name];
    if (found) {
      const { count, p50, p95, p99, max } = found;
      latencies[step] = { count, p50, p95, p99, max };
    }
  }
  for (const [name, value] of Object.entries(counters)) {
    if (COUNTS[name]) tally.count(COUNTS[name], value);
    const [, error] = /^errors\.(.*)$/s.exec(name) ?? [];
    const [, fault] = /^usher\.faults\.(.*)$/s.exec(name) ?? [];
    const [, status] = /^http\.codes\.([45]\d\d)$/.exec(name) ?? [];
    if (error) tally.fault(`Artillery counted an error: ${error}`, `${value} times`);
    if (fault) tally.fault(`Artillery’s visitors saw a ${fault}.`, `${value} times`);
    if (status) tally.fault(`Artillery was answered ${status}.`, `${value} times`);
  }
  const visitors = counters['vusers.created'] ?? 0;
  const done = counters['vusers.completed'] ?? 0;
  if (visitors === 0) tally.fault('Artillery sent no visitor.');
  if (done !== visitors)
    tally.fault('Some of Artillery’s visitors did not come to the end.', `${done} of ${visitors}`);
  if (code !== 0 && tally.faults.length === 0) tally.fault(`Artillery ended with ${code}.`, said.slice(-300));
  return { counts: tally.counts, latencies, faults: tally.faults };
}
