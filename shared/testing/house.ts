/**
 * The whole house for a test: the three services as processes of their own, on a Redis and a database of their
 * own. What is tested here is what is deployed; nothing stands in for anything.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ensureAccount } from '../../db/accounts.ts';
import { openDb } from '../../db/client.ts';
import { call } from './buyer.ts';
import { type TestDatabase, testDatabase } from './postgres.ts';
import { startTestRedis, type TestRedisServer } from './redis.ts';
import { until } from './wait.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVICES = ['gateway', 'seats', 'checkout'] as const;
/** `seats-2` is the second seat service, where a test has asked for more than one. */
export type ServiceName = (typeof SERVICES)[number] | `seats-${number}`;

export type House = {
  readonly gatewayUrl: string;
  /** `ws://…`, without a path. */
  readonly seatsUrl: string;
  /** Of each seat service; the first is `seatsUrl`. */
  readonly seatsUrls: readonly string[];
  readonly checkoutUrl: string;
  readonly redis: TestRedisServer;
  readonly queueRedis: TestRedisServer;
  readonly database: TestDatabase;
  /** The token of an account that is an operator. */
  readonly operatorToken: string;
  /** Makes an event as an operator does, and returns its number. */
  createEvent(wish?: EventWish): Promise<number>;
  /** What a service has written so far. */
  output(service: ServiceName): string;
  /** The process that runs it now. */
  pid(service: ServiceName): number;
  /** Ends a service's process, by default as a crash does. */
  kill(service: ServiceName, signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and waits until it is ready. */
  start(service: ServiceName): Promise<void>;
  close(): Promise<void>;
};

/** What a test wants of an event; the rest is usual. */
export type EventWish = {
  readonly venue?: Record<string, unknown>;
  readonly onSale?: Record<string, unknown>;
};

const OPERATOR = { email: 'operator@example.org', password: 'correct horse' } as const;

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts everything and resolves when all are ready. `env` is added to what the services get; more than one
 * seat service may run side by side.
 */
export async function startHouse({
  env = {},
  seatsInstances = 1,
}: {
  env?: Record<string, string>;
  seatsInstances?: number;
} = {}): Promise<House> {
  const [redis, queueRedis, database] = await Promise.all([
    startTestRedis(),
    startTestRedis({ args: ['--notify-keyspace-events', ''] }),
    testDatabase(),
  ]);
  const moreSeats = Array.from({ length: seatsInstances - 1 }, (_, at): ServiceName => `seats-${at + 2}`);
  const services: readonly ServiceName[] = [...SERVICES, ...moreSeats];
  const ports = new Map<ServiceName, number>();
  for (const service of services) ports.set(service, await freePort());
  const portOf = (service: ServiceName) => ports.get(service)!;
  const children = new Map<ServiceName, ChildProcess>();
  const outputs = new Map<ServiceName, string>();
  const killAll = () => {
    for (const child of children.values()) child.kill('SIGKILL');
  };
  process.on('exit', killAll);

  const start = async (service: ServiceName): Promise<void> => {
    const child = spawn(process.execPath, [`services/${service.replace(/-\d+$/, '')}/main.ts`], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        USHER_EMBEDDED: '1',
        HOST: '127.0.0.1',
        LOG_LEVEL: 'info',
        REDIS_URL: redis.url,
        QUEUE_REDIS_URL: queueRedis.url,
        DATABASE_URL: database.url,
        GATEWAY_PORT: String(portOf('gateway')),
        SEATS_PORT: String(portOf(service.startsWith('seats') ? service : 'seats')),
        CHECKOUT_PORT: String(portOf('checkout')),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.set(service, child);
    const take = (chunk: Buffer) => outputs.set(service, (outputs.get(service) ?? '') + chunk.toString());
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error(`${service} ended:\n${outputs.get(service)}`);
        const response = await fetch(`http://127.0.0.1:${portOf(service)}/ready`).catch(() => undefined);
        return response?.status === 200;
      },
      { timeoutMs: 60_000, what: `${service} to be ready; it said:\n${outputs.get(service) ?? ''}` },
    );
  };

  const kill = async (service: ServiceName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    const child = children.get(service);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };

  const close = async (): Promise<void> => {
    process.off('exit', killAll);
    await Promise.all(services.map((service) => kill(service, 'SIGTERM')));
    await Promise.all([redis.close(), queueRedis.close(), database.close()]);
  };

  const gatewayUrl = `http://127.0.0.1:${portOf('gateway')}`;
  let operatorToken: string;
  try {
    await Promise.all(services.map(start));
    operatorToken = await logInOperator(gatewayUrl, database.url);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    gatewayUrl,
    operatorToken,
    async createEvent({ venue = { template: 'theatre', seats: 200 }, onSale = {} } = {}) {
      const { status, body } = await call<{ eventId: number }>(`${gatewayUrl}/admin/events`, {
        method: 'POST',
        token: operatorToken,
        body: {
          name: 'An Evening of Tests',
          startsAtMs: Date.now() + 86_400_000,
          venue,
          onSale: { capacity: 100, ratePerMinute: 60_000, ...onSale },
        },
      });
      if (status !== 201) throw new Error(`The event was refused: ${status} ${JSON.stringify(body)}`);
      return body.eventId;
    },
    seatsUrl: `ws://127.0.0.1:${portOf('seats')}`,
    seatsUrls: ['seats' as const, ...moreSeats].map((service) => `ws://127.0.0.1:${portOf(service)}`),
    checkoutUrl: `http://127.0.0.1:${portOf('checkout')}`,
    redis,
    queueRedis,
    database,
    output: (service) => outputs.get(service) ?? '',
    pid: (service) => children.get(service)?.pid ?? 0,
    kill,
    start,
    close,
  };
}

async function logInOperator(gatewayUrl: string, databaseUrl: string): Promise<string> {
  const db = openDb(databaseUrl, { poolMax: 1 });
  try {
    await ensureAccount(db, { ...OPERATOR, role: 'operator' });
  } finally {
    await db.close();
  }
  const { body } = await call<{ token: string }>(`${gatewayUrl}/auth/login`, {
    method: 'POST',
    body: OPERATOR,
  });
  return body.token;
}
