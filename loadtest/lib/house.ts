/** The house that is tested: one that is named, one that runs here, or one that is started for the run and stopped after it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reachableDir, repoRoot } from '../../services/launcher/paths.ts';
import { readRuntime } from '../../services/launcher/runtime-file.ts';
import { OptionError } from './options.ts';

export type House = {
  readonly url: string;
  /** In words, for the report. */
  readonly origin: string;
  stop(): Promise<void>;
};

const DEFAULT_URL = 'http://localhost:8080';
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 20_000;

/** Finds the house or starts one. Throws an {@link OptionError} where there is none to be had. */
export async function findHouse(
  { url, own }: { url: string | undefined; own: boolean },
  say: (text: string) => void,
): Promise<House> {
  if (url !== undefined) {
    if (!(await isReady(url))) throw new OptionError(`Nothing is ready at ${url}/ready.`);
    return { url, origin: 'named by --url', stop: async () => {} };
  }
  const port = readRuntime()?.ports.gateway;
  const running = port === undefined ? DEFAULT_URL : `http://localhost:${port}`;
  if (!own && (await isReady(running))) {
    return { url: running, origin: 'found running here', stop: async () => {} };
  }
  return startHouse(say);
}

/** Whether a gateway, and not something else on its port, is ready there. */
async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(3_000) });
    return answer.status === 200 && ((await answer.json()) as { ready?: boolean }).ready === true;
  } catch {
    return false;
  }
}

async function startHouse(say: (text: string) => void): Promise<House> {
  const dir = mkdtempSync(join(tmpdir(), 'usher-load-'));
  const [gateway, seats, checkout] = await freePorts(3);
  say(`Starting a house for this run on port ${gateway}, with data in ${dir} ...`);
  const child = spawn(process.execPath, [join(repoRoot, 'services', 'launcher', 'bootstrap.mjs'), 'start'], {
    cwd: repoRoot,
    env: {
      ...process.env,
      USHER_DATA_DIR: dir,
      GATEWAY_PORT: String(gateway),
      SEATS_PORT: String(seats),
      CHECKOUT_PORT: String(checkout),
      // Stores of its own, whatever the environment or a file .env says.
      REDIS_URL: '',
      QUEUE_REDIS_URL: '',
      DATABASE_URL: '',
    },
    // A group of its own: Ctrl-C reaches this process, which then stops the house in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const collect = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = once(child, 'exit');

  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const inTime = await Promise.race([
      ended.then(() => true),
      sleep(STOP_TIMEOUT_MS, false, { ref: false }),
    ]);
    if (!inTime) {
      process.kill(-child.pid!, 'SIGKILL');
      await ended;
    }
    // The launcher puts PostgreSQL's data elsewhere where that one's own user cannot reach the folder.
    for (const folder of [dir, reachableDir(dir)]) {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const startedMs = performance.now();
  const url = `http://localhost:${gateway}`;
  while (!(isWritten(dir) && (await isReady(url)))) {
    if (child.exitCode !== null || performance.now() - startedMs > START_TIMEOUT_MS) {
      await stop();
      throw new OptionError(`The house for the load test did not come up. It said:\n${said}`);
    }
    await sleep(100);
  }
  say(`It is up after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s.`);
  return { url, origin: 'started for this run with `npm start`', stop };
}

/** The launcher writes its facts down when everything is ready. */
function isWritten(dir: string): boolean {
  try {
    return readFileSync(join(dir, 'runtime.json')).length > 0;
  } catch {
    return false;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
