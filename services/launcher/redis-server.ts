import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildSpec } from './child.ts';
import { UserError } from './console.ts';
import { freePort } from './ports.ts';

/** Connections that may wait to be accepted: an on-sale's opening brings them all at once. */
const BACKLOG = 4_096;

/** What an embedded Redis is for. */
export interface RedisOptions {
  readonly name: string;
  readonly binary: string;
  /** Its data, configuration and port stay here from one start to the next. */
  readonly dir: string;
  readonly logFile: string;
  /** Announce expired keys: the seats' Redis does, since the release of holds is driven by it. */
  readonly notifications: boolean;
  /** Keep the data (append-only file, synced each second). */
  readonly durable: boolean;
}

/** A server that is ready to be started. */
export interface PreparedRedis {
  readonly spec: ChildSpec;
  readonly port: number;
  readonly url: string;
}

/** Chooses the port, writes the configuration, and returns how to start the server. */
export async function prepareRedis(options: RedisOptions): Promise<PreparedRedis> {
  mkdirSync(options.dir, { recursive: true });
  const portFile = join(options.dir, 'port');
  const port = await freePort(existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : undefined);
  writeFileSync(portFile, String(port));
  const configFile = join(options.dir, 'redis.conf');
  writeFileSync(configFile, configuration(options, port));
  const spec: ChildSpec = {
    name: options.name,
    command: options.binary,
    args: [configFile],
    env: process.env,
    cwd: options.dir,
    logFile: options.logFile,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    channel: false,
  };
  return { spec, port, url: `redis://127.0.0.1:${port}` };
}

function configuration(options: RedisOptions, port: number): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir "${options.dir.replaceAll(/["\\]/g, '\\$&')}"`,
    `tcp-backlog ${Math.min(BACKLOG, kernelBacklog())}`,
    // Ten times the default: expired keys are looked for more often, and announced sooner.
    'hz 100',
    'maxmemory-policy noeviction',
    'save ""',
    `appendonly ${options.durable ? 'yes' : 'no'}`,
    'appendfsync everysec',
  ];
  if (options.notifications) lines.push('notify-keyspace-events Ex');
  return `${lines.join('\n')}\n`;
}

/** More than the kernel allows only gives a warning in the log. */
function kernelBacklog(): number {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    return BACKLOG;
  }
}

/** Waits until the server on `port` answers PING; while it loads its data it does not. Throws after `timeoutMs`. */
export async function redisReady(port: number, timeoutMs = 20_000): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (Date.now() < deadlineMs) {
    if (await answersPing(port)) return;
    await sleep(15);
  }
  throw new UserError(`It did not answer on port ${port} within ${timeoutMs / 1000} s.`);
}

async function answersPing(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (reply) => {
      resolve(reply.toString('latin1').startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
