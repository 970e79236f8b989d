// The servers of one test run: two Redis and one PostgreSQL of its own, with data that are gone afterwards.

import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer } from './find-redis.ts';
import { lockHolder, takeLock } from './launcher-lock.ts';
import { commandLine } from './process-identity.ts';
import { Stores, type StoreUrls, startStores } from './stores.ts';

const PREFIX = 'usher-test-';

/** Servers of a test run. */
export interface TestServers {
  /** The variables that the tests find them by. */
  readonly env: StoreUrls & Readonly<Record<'USHER_TEST' | 'USHER_TEST_DIR' | 'USHER_REDIS_SERVER', string>>;
  /** Stops them and deletes their data. */
  stop(): Promise<void>;
}

/** Starts the servers. */
export async function startTestServers(): Promise<TestServers> {
  await sweepEarlierRuns();
  const dir = mkdtempSync(join(tmpdir(), PREFIX));
  chmodSync(dir, 0o711); // PostgreSQL's data are in it, and its own user has to get there
  const releaseLock = takeLock(dir);
  const stores = new Stores({ dir, durable: false });
  const stop = async (): Promise<void> => {
    await stores.stop(Date.now() + 5_000);
    killTestRedis(dir);
    releaseLock();
    stores.deleteData();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const urls = await startStores(stores, {});
    const own = { USHER_TEST: '1', USHER_TEST_DIR: dir, USHER_REDIS_SERVER: await findRedisServer() };
    return { env: { ...urls, ...own }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ends the servers of test runs that were killed, and deletes their data. */
async function sweepEarlierRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const dir = join(tmpdir(), name);
    if (!name.startsWith(PREFIX) || !existsSync(join(dir, 'launcher.pid')) || lockHolder(dir) !== undefined)
      continue;
    const stores = new Stores({ dir, durable: false });
    await stores.record.stopLeftovers();
    killTestRedis(dir);
    stores.deleteData();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A test process that crashed leaves its Redis behind; each has its pid file below the run's directory. */
function killTestRedis(dir: string): void {
  for (const name of readdirSync(dir)) {
    const pidFile = join(dir, name, 'redis.pid');
    if (!existsSync(pidFile)) continue;
    const pid = Number(readFileSync(pidFile, 'utf8'));
    if (/(redis|valkey)-server/.test(commandLine(pid))) process.kill(pid, 'SIGKILL');
  }
}
