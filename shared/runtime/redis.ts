/**
 * The three ways in which Usher talks to Redis; design section "Clients of Redis".
 *
 * Commands fail fast and are never sent again by the client: ioredis' defaults run a command twice when its
 * reply is lost. Retries belong to the caller, with the same id, since every script is idempotent by id.
 */
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from './log.ts';
import { addressOf, ClusterClient, connectAnyNode } from './redis-cluster.ts';
import { parseClusterUrl } from './redis-url.ts';

/** What scripts and commands are sent by: one server, or a cluster where each event is on one of the servers. */
export type RedisClient = Redis | ClusterClient;

/**
 * A command without an answer for this long counts as failed. Shorter would be faster where Redis hangs, but 300 ms
 * made a process that was itself late believe so of a Redis that had answered.
 */
const COMMAND_TIMEOUT_MS = 1_500;
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

const commands = {
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  commandTimeout: COMMAND_TIMEOUT_MS,
} satisfies RedisOptions;

/** For scripts and plain commands, of the server or the cluster that a URL names: fails at once while there is no connection. */
export function commandClient(url: string, log: Logger, name: string): RedisClient {
  const cluster = parseClusterUrl(url);
  if (cluster === undefined) return producerClient(url, log, name);
  const { connectTimeout, keepAlive } = base;
  const options = { ...commands, connectTimeout, keepAlive, connectionName: name };
  return watchedCluster(new ClusterClient(cluster, options, reconnectDelay), log, name);
}

/** For adding jobs, whose Redis is one server: fails at once, too. */
export function producerClient(url: string, log: Logger, name: string): Redis {
  const options = { ...base, ...commands, connectionName: name, lazyConnect: true };
  return watched(new Redis(url, { ...options, enableOfflineQueue: false }), log, name);
}

/**
 * For subscriptions at the server of a command client, or at any node of its cluster: reconnects for ever, and
 * subscribes again by itself unless its owner wants to know from when on nothing is missed and does so at each
 * `ready`.
 */
export function subscriberClient(
  redis: RedisClient,
  log: Logger,
  name: string,
  { autoResubscribe = true }: { autoResubscribe?: boolean } = {},
): Redis {
  const options = {
    ...base,
    connectionName: name,
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
    autoResendUnfulfilledCommands: true,
    commandTimeout: undefined,
    lazyConnect: true,
    autoResubscribe,
  };
  const isCluster = redis instanceof ClusterClient;
  return watched(isCluster ? connectAnyNode(redis, options) : redis.duplicate(options), log, name);
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

/** The same of a cluster, and of each of its nodes. */
function watchedCluster(cluster: ClusterClient, log: Logger, name: string): ClusterClient {
  let down = false;
  cluster.on('error', (error: Error) => {
    if (!down) log.warn({ client: name, err: error.message }, 'redis cluster lost');
    down = true;
  });
  cluster.on('ready', () => {
    if (down) log.info({ client: name }, 'redis cluster back');
    down = false;
  });
  const nodesDown = new Set<string>();
  cluster.on('node error', (error: Error, node: string) => {
    if (!nodesDown.has(node)) log.warn({ client: name, node, err: error.message }, 'redis node lost');
    nodesDown.add(node);
  });
  cluster.on('+node', (redis: Redis) =>
    redis.once('ready', () => {
      const node = addressOf(redis);
      if (nodesDown.delete(node)) log.info({ client: name, node }, 'redis node back');
    }),
  );
  cluster.on('moved', () => log.warn({ client: name }, 'slots of the redis cluster have other masters'));
  return cluster;
}

/** The servers that hold data: the one, or the masters of a cluster as far as they are known. */
export function serversOf(redis: RedisClient): Redis[] {
  return redis instanceof ClusterClient ? redis.masters() : [redis];
}

/**
 * The server that a key is on: in a cluster a connection lives no longer than what is known of its server, so
 * that another object is another run of a server. Throws, as any command would, where there is no connection.
 */
export function serverOf(redis: RedisClient, key: string): Redis {
  return redis instanceof ClusterClient ? redis.masterOf(key) : redis;
}

/** Calls back when keys may have moved to other servers, and what was written last may be lost: never, of a single server. */
export function onMoved(redis: RedisClient, listener: () => void): void {
  if (redis instanceof ClusterClient) redis.on('moved', listener);
}

/** Rejects where some of the data cannot be reached: `ping` of a cluster is answered by whichever node is up. */
export async function reachAll(redis: RedisClient): Promise<void> {
  if (redis instanceof ClusterClient) await redis.pingAll();
  else await redis.ping();
}

/** What the servers should be set to and are not, as sentences; `[]` when all is well or they will not tell. */
export async function redisComplaints(redis: RedisClient): Promise<string[]> {
  if (!(redis instanceof ClusterClient)) {
    const complaints = await serverComplaints(redis);
    if (await isNode(redis)) {
      complaints.push(
        'This is a node of a Redis Cluster, and most events are on others. Name it as redis+cluster://host:port.',
      );
    }
    return complaints;
  }
  const ofEach = redis.masters().map(async (master) => {
    const complaints = await serverComplaints(master);
    return complaints.map((complaint) => `${addressOf(master)}: ${complaint}`);
  });
  return (await Promise.all(ofEach)).flat();
}

async function serverComplaints(redis: Redis): Promise<string[]> {
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
  if ((await isNode(redis)) && (await setting('cluster-require-full-coverage')) === 'yes') {
    complaints.push(
      'cluster-require-full-coverage is yes: while one master is away, no event can be sold. Set no.',
    );
  }
  return complaints;
}

async function isNode(redis: Redis): Promise<boolean> {
  return /^cluster_enabled:1/m.test(await redis.info('cluster').catch(() => ''));
}
