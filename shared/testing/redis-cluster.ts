/**
 * A Redis Cluster for a test: three masters, and a replica of the first, so that one can be killed and replaced.
 * Forming it takes a second or two, since nodes talk to each other ten times a second.
 */
import { Redis } from 'ioredis';
import { freePort, startTestRedis, type TestRedisServer } from './redis.ts';
import { until } from './wait.ts';

const SLOTS = 16_384;
const MASTERS = 3;
/** A master that is silent for so long has failed. Less, and a busy machine would see failures that are none. */
const NODE_TIMEOUT_MS = 1_000;

const ARGS = [
  ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
  ...['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--cluster-require-full-coverage', 'no'],
  // However old the data of the only replica are: a test may want them old.
  ...['--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0'],
  // Whoever wants them switches them on.
  ...['--notify-keyspace-events', ''],
] as const;

export interface TestCluster {
  /** What REDIS_URL is set to. */
  readonly url: string;
  /** Each serves a third of the slots, in order. */
  readonly masters: readonly TestRedisServer[];
  /** Of the first master. */
  readonly replica: TestRedisServer;
  close(): Promise<void>;
}

/** Starts the nodes and makes a cluster of them. Close it in `afterAll`. */
export async function startTestCluster(): Promise<TestCluster> {
  const starts = Array.from({ length: MASTERS + 1 }, async () =>
    // The usual port of the bus is ten thousand above the other, which there may not be.
    startTestRedis({ args: [...ARGS, '--cluster-port', String(await freePort())] }),
  );
  const servers = await Promise.all(starts);
  const nodes = servers.map(({ url }) => new Redis(url));
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    await form(nodes);
  } catch (error) {
    await close();
    throw error;
  } finally {
    for (const node of nodes) node.disconnect();
  }
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`);
  return {
    url: `redis+cluster://${hosts.join(',')}`,
    masters: servers.slice(0, MASTERS),
    replica: servers[MASTERS]!,
    close,
  };
}

async function form(nodes: readonly Redis[]): Promise<void> {
  const masters = nodes.slice(0, MASTERS);
  const replica = nodes[MASTERS]!;
  const first = nodes[0]!;
  const firstSlot = (master: number) => Math.floor((master * SLOTS) / MASTERS);
  const ofMasters = masters.map(async (node, at) => {
    await node.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
    await node.call('CLUSTER', 'ADDSLOTSRANGE', firstSlot(at), firstSlot(at + 1) - 1);
  });
  await Promise.all(ofMasters);
  for (const node of nodes.slice(1)) {
    const [, busPort] = (await node.config('GET', 'cluster-port')) as [string, string];
    await first.call('CLUSTER', 'MEET', '127.0.0.1', node.options.port!, busPort);
  }
  const knows = async (node: Redis) =>
    /cluster_known_nodes:(\d+)/.exec((await node.call('CLUSTER', 'INFO')) as string)?.[1];
  await until(async () => (await knows(replica)) === String(nodes.length), {
    what: 'the replica to know all nodes',
  });
  await replica.call('CLUSTER', 'REPLICATE', (await first.call('CLUSTER', 'MYID')) as string);
  for (const node of nodes) {
    await until(async () => /cluster_state:ok/.test((await node.call('CLUSTER', 'INFO')) as string), {
      what: 'the cluster to be formed',
    });
  }
  await until(async () => /master_link_status:up/.test(await replica.info('replication')), {
    timeoutMs: 10_000,
    what: 'the replica to have what its master has',
  });
  await until(async () => /connected_slaves:1/.test(await first.info('replication')));
}
