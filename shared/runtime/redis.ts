/**
 * The three ways in which Usher talks to Redis; design section "Clients of Redis".
 *
 * Commands fail fast and are never sent again by the client: ioredis' defaults run a command twice when its
 * reply is lost. Retries belong to the caller, with the same id, since every script is idempotent by id.
 */
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from './log.ts';

/** A command without an answer for this long counts as failed; a human would have noticed by then. */
const COMMAND_TIMEOUT_MS = 300;
const RECONNECT_MS_MAX = 1_000;

const reconnectDelay = (attempt: number): number =>
  Math.min(RECONNECT_MS_MAX, 20 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2);

const base = {
  retryStrategy: reconnectDelay,
  // A master that became a replica answers READONLY: connect anew, to be sent to the new master.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  connectTimeout: 3_000,
  keepAlive: 10_000,
} satisfies RedisOptions;

/** For scripts and plain commands: fails at once while there is no connection. */
export function commandClient(url: string, log: Logger, name: string): Redis {
  return watched(
    new Redis(url, {
      ...base,
      connectionName: name,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      commandTimeout: COMMAND_TIMEOUT_MS,
      lazyConnect: true,
    }),
    log,
    name,
  );
}

/**
 * For subscriptions: reconnects for ever, and subscribes again by itself unless its owner wants to know from when
 * on nothing is missed and does so at each `ready`.
 */
export function subscriberClient(
  url: string,
  log: Logger,
  name: string,
  { autoResubscribe = true }: { autoResubscribe?: boolean } = {},
): Redis {
  return watched(
    new Redis(url, {
      ...base,
      connectionName: name,
      maxRetriesPerRequest: null,
      lazyConnect: true,
      autoResubscribe,
    }),
    log,
    name,
  );
}

/** For BullMQ, which insists on waiting. */
export function queueClient(url: string, log: Logger, name: string): Redis {
  return watched(
    new Redis(url, { ...base, connectionName: name, maxRetriesPerRequest: null, lazyConnect: true }),
    log,
    name,
  );
}

/** A lost connection is one line, its return another; the errors between them are not a line each. */
function watched(redis: Redis, log: Logger, name: string): Redis {
  let down = false;
  redis.on('error', (error: Error) => {
    if (!down) log.warn({ client: name, err: error.message }, 'redis connection lost');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info({ client: name }, 'redis connection back');
    down = false;
  });
  return redis;
}

/** What the server should be set to and is not, as sentences; `[]` when all is well or it will not tell. */
export async function redisComplaints(redis: Redis): Promise<string[]> {
  const complaints: string[] = [];
  const setting = async (name: string): Promise<string | undefined> => {
    try {
      return ((await redis.config('GET', name)) as string[])[1];
    } catch {
      return undefined;
    }
  };
  const policy = await setting('maxmemory-policy');
  if (policy !== undefined && policy !== 'noeviction') {
    complaints.push(
      `maxmemory-policy is ${policy}: under pressure Redis would forget holds. Set noeviction.`,
    );
  }
  if ((await setting('appendonly')) === 'no') {
    complaints.push('appendonly is no: a restart of Redis forgets the line and every hold.');
  }
  return complaints;
}
