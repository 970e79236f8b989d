import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import type { ChildSpec } from './child.ts';
import { UserError } from './console.ts';
import { freePort } from './ports.ts';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';
import { makeOwned, postgresUser, type RunAs, reachableBinaries, reachableDataDir } from './postgres-user.ts';
import { commandLine } from './process-identity.ts';
import { runCommand } from './run-command.ts';

const USER = 'usher';
const DATABASE = 'usher';

/** Three services with their pools, the tests' clients, and room for a look by hand. */
const CONNECTIONS_MAX = 200;

/** What an embedded PostgreSQL is for. */
export interface PostgresOptions {
  /** Where the data should be; they are elsewhere where the user `postgres` cannot get there. */
  readonly dir: string;
  readonly logFile: string;
  /** Survive a crash of the machine. Tests do without and are several times as fast. */
  readonly durable: boolean;
  readonly signal?: AbortSignal;
}

/** A server that is ready to be started. */
export interface PreparedPostgres {
  readonly spec: ChildSpec;
  readonly port: number;
  readonly url: string;
  /** Where its data really are. */
  readonly dataDir: string;
}

/** Where the data of {@link PostgresOptions.dir} are or would be. */
export function postgresDataDir(dir: string): string {
  return reachableDataDir(dir, postgresUser());
}

/** Makes the database cluster at the first start, chooses the port, and returns how to start the server. */
export async function preparePostgres(options: PostgresOptions): Promise<PreparedPostgres> {
  const user = postgresUser();
  const binaries = reachableBinaries(await postgresBinaries(), user);
  const dataDir = reachableDataDir(options.dir, user);
  // An interrupted initdb leaves a directory that is neither empty nor usable; so it works beside and is moved here.
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(binaries, dataDir, user, options);
  await clearPidFile(dataDir);
  const portFile = join(dataDir, 'usher-port');
  const port = await freePort(existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : undefined);
  writeFileSync(portFile, String(port));
  const password = readFileSync(join(dataDir, 'usher-password'), 'utf8').trim();
  const spec: ChildSpec = {
    name: 'PostgreSQL',
    command: binaries.postgres,
    args: ['-D', dataDir, '-p', String(port), ...settings(options.durable)],
    env: { ...process.env, LC_MESSAGES: 'C' },
    cwd: '/',
    logFile: options.logFile,
    stopSignal: 'SIGINT', // "fast": ends its connections instead of waiting for them
    killSignal: 'SIGQUIT', // "immediate": as a crash would, and the next start recovers
    channel: false,
    ...user,
  };
  return { spec, port, dataDir, url: `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}` };
}

/**
 * After a kill -9 the postmaster's pid file is still there. PostgreSQL would refuse to start where another process has
 * that pid by now; a postmaster that really still serves these data is stopped. Called under the launcher's lock.
 */
async function clearPidFile(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const deadlineMs = Date.now() + 8_000;
  if (commandLine(pid).includes(dataDir)) process.kill(pid, 'SIGINT');
  while (commandLine(pid).includes(dataDir)) {
    if (Date.now() > deadlineMs)
      throw new UserError(`A PostgreSQL (process ${pid}) still serves ${dataDir}. Stop it.`);
    await sleep(50);
  }
  rmSync(pidFile, { force: true });
}

function settings(durable: boolean): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: CONNECTIONS_MAX,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    log_min_messages: 'warning',
    // Every refused claim is a unique violation that the application expects; PostgreSQL would log each as an error.
    log_min_error_statement: 'panic',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function initialise(
  binaries: PostgresBinaries,
  dataDir: string,
  user: RunAs | undefined,
  options: PostgresOptions,
): Promise<void> {
  const draft = `${dataDir}.new`;
  const passwordFile = `${dataDir}.password`;
  rmSync(draft, { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
  makeOwned(draft, user);
  writeFileSync(passwordFile, `${randomBytes(18).toString('hex')}\n`, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  for (const program of [binaries.initdb, binaries.postgres]) chmodExecutable(program);
  const args = [
    ...[
      '-D',
      draft,
      '--username',
      USER,
      '--pwfile',
      passwordFile,
      '--auth',
      'scram-sha-256',
      '--encoding',
      'UTF8',
    ],
    // The built-in provider sorts alike on every machine, whatever locales it has.
    ...['--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ...(options.durable ? [] : ['--no-sync']),
  ];
  const env = { ...process.env, LC_ALL: 'C' };
  const run = { cwd: '/', env, ...user, ...(options.signal ? { signal: options.signal } : {}) };
  const { code, output } = await runCommand(binaries.initdb, args, run);
  options.signal?.throwIfAborted();
  if (code !== 0)
    throw new UserError(`${output.trim()}\n\nThe embedded PostgreSQL could not be set up in ${dataDir}.`);
  renameSync(passwordFile, join(draft, 'usher-password'));
  renameSync(draft, dataDir);
}

function chmodExecutable(program: string): void {
  try {
    chmodSync(program, 0o755);
  } catch {
    // Somebody else's file, or a read-only file system: then its mode is as it should be, or initdb will say so.
  }
}

/**
 * Waits until the server takes connections and makes sure that the database exists. PostgreSQL says that it is ready in
 * the eighth line of its postmaster.pid, which is cheaper to ask than the server. Throws after `timeoutMs`.
 */
export async function postgresReady(prepared: PreparedPostgres, timeoutMs = 30_000): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  const pidFile = join(prepared.dataDir, 'postmaster.pid');
  for (;;) {
    const lines = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').split('\n') : [];
    if (lines[7]?.trim() === 'ready' && lines[3]?.trim() === String(prepared.port)) break;
    if (Date.now() > deadlineMs) {
      throw new UserError(`It was not ready after ${timeoutMs / 1000} s.`);
    }
    await sleep(20);
  }
  const admin = postgres(prepared.url, { database: 'postgres', max: 1, onnotice: () => {} });
  try {
    const [found] = await admin`select 1 from pg_database where datname = ${DATABASE}`;
    if (!found) await admin.unsafe(`create database ${DATABASE}`);
  } finally {
    await admin.end({ timeout: 2 });
  }
}
