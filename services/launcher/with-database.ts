// `npm run seed`, `npm run migrate` and `npm run operator` work on the database that DATABASE_URL names, on that of the launcher that runs
// now, or on the embedded one, started for the occasion.

import { checkPostgres } from './check-stores.ts';
import { complain, say, step } from './console.ts';
import { loadEnvFile } from './environment.ts';
import { takeLock } from './launcher-lock.ts';
import { usherDir } from './paths.ts';
import { readRuntime } from './runtime-file.ts';
import { Stores } from './stores.ts';

/** Calls `work` with the address of the database. */
export async function withDatabase(work: (databaseUrl: string) => Promise<void>): Promise<void> {
  loadEnvFile();
  const given = process.env.DATABASE_URL;
  if (given) {
    await checkPostgres('DATABASE_URL', given);
    return await work(given);
  }
  const runtime = readRuntime();
  if (runtime) {
    say('Using the database of the Usher that runs now.');
    return await work(runtime.stores.DATABASE_URL);
  }
  const releaseLock = takeLock(usherDir());
  const stores = new Stores({ dir: usherDir(), durable: true });
  const stop = async (): Promise<void> => {
    await stores.stop(Date.now() + 10_000);
    stores.record.clear();
    releaseLock();
  };
  const interrupted = (): void => {
    complain('Interrupted.');
    void stop().finally(() => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupted);
  try {
    await stores.record.stopLeftovers();
    await work(await step('PostgreSQL', () => stores.database()));
  } finally {
    await stop();
  }
}
