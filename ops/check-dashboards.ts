/**
 * Asks every question of the dashboards and of the alert rules of a real Prometheus that watches a real house with
 * some traffic in it: `node ops/check-dashboards.ts`. Needs `prometheus` on the PATH; the exporters of Redis and
 * PostgreSQL take part where they are installed.
 *
 * Prints `N queries, M without data` and names those. Fails where a query or a rule has an error, where a metric is
 * named that nobody exports, and where an alert fires though all is well.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { startTestServers } from '../services/launcher/test-servers.ts';
import setupTemplate from '../shared/testing/global-setup.ts';
import { type House, startHouse } from '../shared/testing/house.ts';
import { until } from '../shared/testing/wait.ts';
import { bustle } from './bustle.ts';
import { metricNames, type Question, questions } from './questions.ts';

const OPS = import.meta.dirname;
const SCRAPE = '1s';
/** How long traffic runs before the first question; rates look back as far as this. */
const TRAFFIC_MS = 12_000;
/** Series of the stores' exporters are checked only where these run. */
const EXPORTED_BY_OTHERS = /^(redis|pg)_/;
/** Prometheus makes these itself. */
const OWN_SERIES = new Set(['up', 'ALERTS']);

type Metric = { readonly text: string; readonly names: ReadonlySet<string> };

async function main(): Promise<number> {
  if (spawnSync('prometheus', ['--version']).error !== undefined) {
    process.stderr.write('There is no prometheus on the PATH. Debian has it: apt-get install prometheus\n');
    return 2;
  }
  const cleanups: (() => Promise<void> | void)[] = [];
  try {
    const servers = await startTestServers();
    cleanups.push(() => servers.stop());
    Object.assign(process.env, servers.env);
    await setupTemplate();
    const house = await startHouse();
    cleanups.push(() => house.close());
    const dir = mkdtempSync(join(tmpdir(), 'usher-prometheus-'));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    const exporters = await startExporters(house, cleanups);
    const url = await startPrometheus(dir, house, exporters, cleanups);
    await bustle(house, TRAFFIC_MS);
    return await ask(url, await exported(house, exporters));
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

/** Puts every question and returns the exit code. */
async function ask(url: string, known: Metric): Promise<number> {
  const faults: string[] = [];
  const silent: Question[] = [];
  const all = questions();
  const hasExporters = [...known.names].some((name) => EXPORTED_BY_OTHERS.test(name));
  for (const question of all) {
    for (const name of metricNames(question.expr)) {
      const unknown = !known.names.has(name) && !OWN_SERIES.has(name);
      if (unknown && (hasExporters || !EXPORTED_BY_OTHERS.test(name))) {
        faults.push(`${question.from}: nobody exports ${name}`);
      }
    }
    const answer = await get(`${url}/api/v1/query?query=${encodeURIComponent(question.expr)}`);
    if (answer.status !== 'success') faults.push(`${question.from}: ${answer.error}\n    ${question.expr}`);
    else if (answer.data.result.length === 0) silent.push(question);
  }
  const rules = (await get(`${url}/api/v1/rules`)).data.groups.flatMap((group) => group.rules);
  for (const { name, health, lastError, state } of rules) {
    if (health !== 'ok') faults.push(`rule ${name} is ${health}: ${lastError ?? 'it was never evaluated'}`);
    if (state === 'firing') faults.push(`rule ${name} fires in a house where all is well`);
  }
  // An alert without data is an alert that does not fire.
  const mute = silent.filter(({ kind }) => kind === 'panel');
  for (const { from, expr } of mute) process.stdout.write(`without data  ${from}\n    ${expr}\n`);
  for (const fault of faults) process.stdout.write(`FAULT  ${fault}\n`);
  process.stdout.write(
    `${all.length} queries, ${mute.length} without data; ${rules.length} rules, ${faults.length} faults\n`,
  );
  return faults.length === 0 ? 0 : 1;
}

type Exporters = { readonly redis?: number; readonly postgres?: number };

async function startExporters(house: House, cleanups: (() => void)[]): Promise<Exporters> {
  const started: { redis?: number; postgres?: number } = {};
  const has = (program: string) => spawnSync(program, ['--version']).error === undefined;
  if (has('prometheus-redis-exporter')) {
    started.redis = await freePort();
    run(
      'prometheus-redis-exporter',
      ['--redis.addr=', `--web.listen-address=127.0.0.1:${started.redis}`],
      {},
      cleanups,
    );
  }
  if (has('prometheus-postgres-exporter')) {
    started.postgres = await freePort();
    const { host, pathname, username, password } = new URL(house.database.url);
    const env = {
      DATA_SOURCE_URI: `${host}${pathname}?sslmode=disable`,
      DATA_SOURCE_USER: username,
      DATA_SOURCE_PASS: password,
    };
    run(
      'prometheus-postgres-exporter',
      [`--web.listen-address=127.0.0.1:${started.postgres}`],
      env,
      cleanups,
    );
  }
  return started;
}

type ScrapeJob = {
  job_name: string;
  static_configs?: { targets: string[] }[];
  dns_sd_configs?: unknown;
  relabel_configs?: { target_label?: string; replacement?: string }[];
};

/** The configuration that compose uses, with the addresses of this house in it and a shorter interval. */
function configuration(house: House, exporters: Exporters, ownPort: number): string {
  const config = parse(readFileSync(join(OPS, 'prometheus/prometheus.yml'), 'utf8')) as {
    global: Record<string, string>;
    scrape_configs: ScrapeJob[];
  };
  config.global = { scrape_interval: SCRAPE, scrape_timeout: SCRAPE, evaluation_interval: SCRAPE };
  const at = (url: string) => new URL(url.replace('ws:', 'http:')).host;
  const targets: Record<string, string[] | undefined> = {
    gateway: [at(house.gatewayUrl)],
    seats: [at(house.seatsUrl)],
    checkout: [at(house.checkoutUrl)],
    redis: exporters.redis ? [at(house.redis.url), at(house.queueRedis.url)] : undefined,
    postgres: exporters.postgres ? [`127.0.0.1:${exporters.postgres}`] : undefined,
    prometheus: [`127.0.0.1:${ownPort}`],
  };
  config.scrape_configs = config.scrape_configs.flatMap(({ dns_sd_configs: _, ...job }) => {
    const found = targets[job.job_name];
    if (found === undefined) return [];
    for (const rule of job.relabel_configs ?? []) {
      if (job.job_name === 'redis' && rule.target_label === '__address__') {
        rule.replacement = `127.0.0.1:${exporters.redis}`;
      }
    }
    return [{ ...job, static_configs: [{ targets: found }] }];
  });
  return stringify(config);
}

async function startPrometheus(
  dir: string,
  house: House,
  exporters: Exporters,
  cleanups: (() => void)[],
): Promise<string> {
  const port = await freePort();
  cpSync(join(OPS, 'prometheus/alerts.yml'), join(dir, 'alerts.yml'));
  writeFileSync(join(dir, 'prometheus.yml'), configuration(house, exporters, port));
  const args = [
    `--config.file=${join(dir, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ];
  const child = run('prometheus', args, {}, cleanups);
  const url = `http://127.0.0.1:${port}`;
  await until(
    async () => {
      if (child.exitCode !== null) throw new Error('prometheus ended; what it said stands above');
      return (await fetch(`${url}/-/ready`).catch(() => undefined))?.status === 200;
    },
    { timeoutMs: 20_000, what: 'prometheus to be ready' },
  );
  return url;
}

/** Every name under which the services, and the exporters that run, offer a series. */
async function exported(house: House, exporters: Exporters): Promise<Metric> {
  const urls = [
    `${house.gatewayUrl}/metrics`,
    `${house.seatsUrl.replace('ws:', 'http:')}/metrics`,
    `${house.checkoutUrl}/metrics`,
  ];
  if (exporters.redis) {
    urls.push(`http://127.0.0.1:${exporters.redis}/scrape?target=${encodeURIComponent(house.redis.url)}`);
  }
  if (exporters.postgres) urls.push(`http://127.0.0.1:${exporters.postgres}/metrics`);
  const text = (await Promise.all(urls.map(async (url) => (await fetch(url)).text()))).join('\n');
  const names = new Set<string>();
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const forms = type === 'histogram' || type === 'summary' ? ['_bucket', '_sum', '_count'] : [''];
    for (const form of forms) names.add(`${name}${form}`);
  }
  return { text, names };
}

function run(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  cleanups: (() => void)[],
): ChildProcess {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', program === 'prometheus' ? 'inherit' : 'ignore'],
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  cleanups.push(kill);
  return child;
}

type Answer = {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly unknown[];
    readonly groups: readonly {
      readonly rules: readonly { name: string; health: string; lastError?: string; state: string }[];
    }[];
  };
};

async function get(url: string): Promise<Answer> {
  return (await (await fetch(url)).json()) as Answer;
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

process.exit(await main());
