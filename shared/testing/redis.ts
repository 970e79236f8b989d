// A Redis server for a test file. Keyspace notifications, scripts, FLUSHALL and a stop concern a whole server, and test
// files run side by side; so each file that asks gets a process of its own, which takes some 30 ms.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const READY_TIMEOUT_MS = 10_000;
const PORT_ATTEMPTS_MAX = 5;

/** What the seats' Redis has in production, without its append-only file. */
const ARGS = [
  ...['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--hz', '100'],
  ...['--notify-keyspace-events', 'Ex', '--maxmemory-policy', 'noeviction', '--tcp-backlog', '511'],
] as const;

/** A Redis process of the test's own. */
export interface TestRedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends it in order. `start()` brings it back on the same port with the same data. */
  stop(): Promise<void>;
  /** Ends it as a crash does: `start()` brings it back empty. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Freezes it: connections stay, nothing answers. */
  pause(): void;
  resume(): void;
  /** Ends it for good and deletes its data. */
  close(): Promise<void>;
}

/** A Redis process with a client. */
export interface TestRedis {
  readonly url: string;
  readonly redis: Redis;
  readonly server: TestRedisServer;
  /** Deletes everything in it. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Starts a Redis and connects to it. Close it in `afterAll`. */
export async function testRedis(options: { args?: readonly string[] } = {}): Promise<TestRedis> {
  const server = await startTestRedis(options);
  const redis = new Redis(server.url, { maxRetriesPerRequest: 1, retryStrategy: () => 20 });
  // A test that stops its server expects these.
  redis.on('error', () => {});
  return {
    url: server.url,
    redis,
    server,
    flush: async () => void (await redis.flushall()),
    close: async () => {
      redis.disconnect();
      await server.close();
    },
  };
}

/** Starts a Redis on a free port. `args` are added to its command line and win over the usual ones. */
export async function startTestRedis({
  args = [],
}: {
  args?: readonly string[];
} = {}): Promise<TestRedisServer> {
  const dir = mkdtempSync(join(process.env.USHER_TEST_DIR ?? tmpdir(), 'redis-'));
  let port = 0;
  let child: ChildProcess | undefined;
  for (let attempt = 1; child === undefined; attempt += 1) {
    // Between asking for a free port and using it, a test file beside this one may have got it.
    port = await freePort();
    child = await run(dir, port, args);
    if (!child && attempt === PORT_ATTEMPTS_MAX) throw new Error(`redis-server did not start in ${dir}`);
  }

  const end = async (signal: NodeJS.Signals | 'save'): Promise<void> => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = new Promise((resolve) => ending.once('exit', resolve));
    if (signal === 'save') await command(port, 'SHUTDOWN SAVE');
    else ending.kill(signal);
    await exited;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop: () => end('save'),
    kill: () => end('SIGKILL'),
    start: async () => {
      child ??= await run(dir, port, args);
      if (!child) throw new Error(`redis-server did not start again on port ${port}`);
      rmSync(join(dir, 'dump.rdb'), { force: true });
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    close: async () => {
      await end('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Starts the process; undefined where it could not have the port. */
async function run(dir: string, port: number, args: readonly string[]): Promise<ChildProcess | undefined> {
  const binary = process.env.USHER_REDIS_SERVER ?? 'redis-server';
  const child = spawn(binary, ['--port', String(port), '--dir', dir, ...ARGS, ...args], { stdio: 'ignore' });
  let fault: Error | undefined;
  child.once('error', (error) => {
    fault = error;
  });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  // `npm test` ends by this file what a crashed test process leaves behind.
  writeFileSync(join(dir, 'redis.pid'), String(child.pid));
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    if (fault) throw new Error(`${binary} could not be started: ${fault.message}`);
    if (child.exitCode !== null) return undefined;
    // Another process may have the port and answer in its place: the pid tells.
    if ((await command(port, 'INFO server')).includes(`process_id:${child.pid}\r\n`)) return child;
    await sleep(3);
  }
  child.kill('SIGKILL');
  throw new Error(`redis-server on port ${port} did not answer within ${READY_TIMEOUT_MS} ms`);
}

/** Sends one inline command and returns the first piece of the reply; empty where there is none. */
async function command(port: number, text: string): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${text}\r\n`));
    socket.once('data', (reply) => {
      resolve(reply.toString('latin1'));
      socket.destroy();
    });
    socket.once('error', () => resolve(''));
    socket.once('close', () => resolve(''));
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
