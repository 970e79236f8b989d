// `npm start` and `npm run dev`: checks, stores, schema, page and demo, services, banner; and back again.

import { parseArgs } from './args.ts';
import { banner } from './banner.ts';
import { complain, say, step, UserError } from './console.ts';
import { loadEnvFile } from './environment.ts';
import { startHelp, startShape } from './known-options.ts';
import { takeLock } from './launcher-lock.ts';
import { usherDir } from './paths.ts';
import { checkPorts, type NamedPort } from './ports.ts';
import { removeRuntime, writeRuntime } from './runtime-file.ts';
import { Services, servicePorts } from './services.ts';
import { stopRequests } from './stop-requests.ts';
import { Stores, type StoreUrls, startStores } from './stores.ts';
import { buildPage, isPageStale } from './web-page.ts';

/** What differs between the commands. */
export interface LaunchOptions {
  readonly command: string;
  /** Start services again when their source changes. */
  readonly watch: boolean;
  readonly nodeEnv: string;
  /** Runs beside the services until the signal is aborted, e.g. the page's own watcher. */
  beside?(signal: AbortSignal, stores: Stores): { stop(): Promise<void> };
}

/** Stopping takes this long at most: gateway and seats drain, checkout finishes its jobs, the stores write their data. */
const STOP_SERVICES_MS = 6_500;
const STOP_CHECKOUT_MS = 11_500;
const STOP_ALL_MS = 14_500;

/** Runs everything until it is asked to stop. Returns the exit code; throws a {@link UserError}. */
export async function launch(options: LaunchOptions): Promise<number> {
  const startedAtMs = Date.now();
  const args = parseArgs(process.argv.slice(2), startShape());
  if (args.flags.has('help')) {
    say(startHelp(options.command));
    return 0;
  }
  if (args.positionals.length > 0) {
    throw new UserError(
      `${options.command} takes options only; "${args.positionals.join(' ')}" is none. See --help.`,
    );
  }
  loadEnvFile();
  Object.assign(process.env, args.env);
  process.env.NODE_ENV ||= options.nodeEnv;

  const dir = usherDir();
  const releaseLock = takeLock(dir);
  let services: Services | undefined;
  const stop = stopRequests(() => {
    services?.kill();
    stores.kill();
    releaseLock();
    complain('Stopped at once.');
    process.exit(130);
  });
  const stores = new Stores({ dir, durable: true, signal: stop.signal });
  let beside: { stop(): Promise<void> } | undefined;
  let refusal: string | undefined;
  try {
    const left = await stores.record.stopLeftovers();
    if (left.length > 0) say(`Stopped what an earlier run left behind: ${left.join(', ')}.`);
    const ports = servicePorts(process.env);
    await checkPorts(ports);
    if (args.flags.has('fresh')) stores.deleteData();

    const { urls, demo } = await orStopped(stop.signal, prepare(stores, stop.signal));
    const env = { ...process.env, ...urls, ...portEnv(ports), ...(demo ? { USHER_EMBEDDED: '1' } : {}) };
    const refused = (message: string): void => {
      refusal = message;
      stop.request();
    };
    services = new Services({ env, ports, stores, watch: options.watch, refused });
    beside = options.beside?.(stop.signal, stores);
    const started = services;
    await orStopped(
      stop.signal,
      step('Services', () => started.ready()),
    );
    writeRuntime({
      stores: urls,
      ports: Object.fromEntries(ports.map(({ service, port }) => [service, port])),
    });
    const facts = { ports, logsDir: `${dir}/logs`, tookMs: Date.now() - startedAtMs };
    say(banner(demo ? { ...facts, demo } : facts));
    await orStopped(stop.signal, new Promise<never>(() => {}));
  } catch (error) {
    if (!stop.signal.aborted) {
      refusal = error instanceof UserError ? error.message : ((error as Error).stack ?? String(error));
      stop.request(); // what is still on its way, such as a build, is not wanted any more
    }
  }

  if (refusal !== undefined) complain(refusal);
  removeRuntime();
  const hadServices = services !== undefined;
  if (hadServices && refusal === undefined)
    say('Stopping: gateway and seats, then checkout, then the stores ...');
  const nowMs = Date.now();
  const [killed] = await Promise.all([
    services?.stop(nowMs + STOP_SERVICES_MS, nowMs + STOP_CHECKOUT_MS) ?? [],
    beside?.stop(),
  ]);
  if (killed.length > 0) complain(`Had to be killed, for they did not stop in time: ${killed.join(', ')}.`);
  await stores.stop(nowMs + STOP_ALL_MS);
  stores.record.clear();
  releaseLock();
  if (refusal === undefined) say(`Stopped. The data are kept in ${dir}.`);
  return refusal === undefined ? 0 : 1;
}

/** Stores, schema, page and demo: everything that the services want to find. */
async function prepare(
  stores: Stores,
  signal: AbortSignal,
): Promise<{ urls: StoreUrls; demo?: { events: { eventId: number; name: string }[] } }> {
  const given = ['REDIS_URL', 'QUEUE_REDIS_URL', 'DATABASE_URL'].filter((name) => process.env[name]);
  const page = isPageStale() ? step('Web page', () => buildPage(signal)) : Promise.resolve();
  const [urls] = await Promise.all([startStores(stores, process.env), page]);
  await step('Database schema', async () => {
    const { migrate } = await import('../../db/migrate.ts');
    await migrate(urls.DATABASE_URL);
  });
  // Demo accounts with published passwords belong on nobody's real server.
  if (given.length > 0) return { urls };
  const demo = await step('Demo events', async () => {
    const { seedDemo } = await import('../../db/seed-demo.ts');
    return await seedDemo(urls.DATABASE_URL);
  });
  return { urls, demo };
}

function portEnv(ports: readonly NamedPort[]): Record<string, string> {
  return Object.fromEntries(ports.map(({ variable, port }) => [variable, String(port)]));
}

/** Thrown by {@link orStopped}. */
class Stopped extends Error {}

/** What `work` gives, unless a stop is requested first. */
async function orStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  // The work may fail after the stop, because of it; that is no news then.
  work.catch(() => {});
  if (signal.aborted) throw new Stopped();
  return await new Promise<T>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Stopped()), { once: true });
    work.then(resolve, reject);
  });
}
