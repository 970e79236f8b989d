/**
 * What a Redis Cluster wants of a client beyond routing. ioredis sends a command to the master of its key's slot
 * and follows MOVED and ASK; here is what it leaves open: connections that stand before they are needed, a
 * failover that is noticed without a command that fails, and the question whose server an event is on.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, type RedisOptions as AnyRedisOptions, Cluster, Command, Redis } from 'ioredis';
import type { ClusterAddress } from './redis-url.ts';

/** Replies as everywhere in Usher, and not as the newest protocol has them. */
type RedisOptions = Omit<AnyRedisOptions, 'replyMapping'>;

/**
 * The slots are read again as often as this. A failover shows by itself only to who sends to a master that is
 * gone; who is idle, or waits for one that is frozen, learns of it here.
 */
const SLOTS_EVERY_MS = 1_000;
/** Before that where a master is missing, but not oftener than this. */
const SLOTS_SOON_MS = 100;
/** A command is sent on by this many nodes at most: two for a slot that is just moving, and one to spare. */
const REDIRECTIONS_MAX = 3;
/** Keys of a slot that moves are on two servers for a moment, and a script cannot run on either. */
const TRY_AGAIN_MS = 50;
/** How long a connection that was ended may take to close, as ioredis has it. */
const DISCONNECT_MS = 2_000;

/** A cluster, whose commands fail as fast as those of a single server. Events: `moved`, when slots have other masters. */
export class ClusterClient extends Cluster {
  /** The nodes that were named from outside. */
  readonly seeds: ClusterAddress['nodes'];
  readonly #servers = new Map<string, Redis>();
  #owners = '';
  #soon: NodeJS.Timeout | undefined;

  /** @param redisOptions of the connection to each node. */
  constructor(
    { nodes, username, password, tls }: ClusterAddress,
    redisOptions: RedisOptions,
    retryDelay: (attempt: number) => number,
  ) {
    super([...nodes], {
      lazyConnect: true,
      enableOfflineQueue: false,
      // Where some slots are served by nobody, the events of the others are still sold.
      enableReadyCheck: false,
      clusterRetryStrategy: retryDelay,
      maxRedirections: REDIRECTIONS_MAX + 1,
      // What was sent on a connection that broke may have been done: never sent again. Rule of the profile.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      retryDelayOnTryAgain: TRY_AGAIN_MS,
      slotsRefreshInterval: SLOTS_EVERY_MS,
      slotsRefreshTimeout: SLOTS_EVERY_MS / 2,
      // Names stay names: certificates are made out to them.
      dnsLookup: (host, answer) => answer(null, host),
      redisOptions: {
        ...redisOptions,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        ...(tls && { tls: {} }),
      },
    });
    this.seeds = nodes;
    this.on('+node', (node: Redis) => {
      this.#servers.set(addressOf(node), node);
      // A connection begun by the first command would refuse the others until it stands. Not at once, so that a
      // command that was redirected here may begin it and wait for it.
      process.nextTick(() => {
        if (node.status === 'wait') node.connect().catch(() => {});
      });
    });
    this.on('-node', (node: Redis) => {
      if (this.#servers.get(addressOf(node)) === node) this.#servers.delete(addressOf(node));
    });
    this.on('refresh', () => this.#compareOwners());
  }

  /** Resolves when the slots are known and every master that answers is connected. */
  override async connect(): Promise<void> {
    await super.connect();
    await Promise.all(this.masters().map((master) => master.ping().catch(() => {})));
  }

  override disconnect(reconnect = false): void {
    clearTimeout(this.#soon);
    super.disconnect(reconnect);
  }

  masters(): Redis[] {
    return this.nodes('master');
  }

  /** The master that a key is on. Throws, as ioredis does, where there is no connection to it. */
  masterOf(key: string): Redis {
    return this.#serverAt(this.slots[new Command('get', [key]).getSlot()]?.[0]);
  }

  /** Rejects where a slot's master does not answer. */
  async pingAll(): Promise<void> {
    const addresses = new Set(this.slots.map(([master]) => master));
    if (addresses.size === 0) throw new Error('Connection is closed.');
    await Promise.all([...addresses].map((address) => this.#serverAt(address).ping()));
  }

  #serverAt(address: string | undefined): Redis {
    const server = address === undefined ? undefined : this.#servers.get(address);
    if (server !== undefined) return server;
    this.#refreshSoon();
    throw new Error('Connection is closed.');
  }

  #refreshSoon(): void {
    if (this.status !== 'ready') return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      if (this.status === 'ready') this.refreshSlotsCache();
    }, SLOTS_SOON_MS);
  }

  #compareOwners(): void {
    const owners: string[] = [];
    let last: string | undefined;
    for (const [slot, [master]] of this.slots.entries()) {
      if (master === last) continue;
      last = master;
      owners.push(`${slot} ${master}`);
    }
    const before = this.#owners;
    this.#owners = owners.join();
    if (before !== '' && before !== this.#owners) this.emit('moved');
  }
}

/** `host:port`, as the slots name a node. */
export function addressOf({ options: { host, port } }: Redis): string {
  return `${host}:${port}`;
}

/**
 * A connection to whichever node of a cluster answers, the next one at each attempt: what is published anywhere
 * is heard everywhere. ioredis' own subscriber of a cluster moves to another node without a word, so that nobody
 * would know from when on nothing was missed; this one has the `close` and `ready` of any other.
 */
export function connectAnyNode(cluster: ClusterClient, options: RedisOptions): Redis {
  const ofNodes: RedisOptions = cluster.options.redisOptions ?? {};
  let current = '';
  let turn = Math.floor(Math.random() * cluster.seeds.length);
  const nextNode = () => {
    const nodes = cluster.nodes().map(({ options: { host, port } }) => ({ host: host!, port: port! }));
    const known = nodes.length > 0 ? nodes : cluster.seeds;
    return known[turn++ % known.length]!;
  };
  class AnyNode extends AbstractConnector {
    constructor() {
      super(DISCONNECT_MS);
    }

    override connect(): Promise<Socket> {
      const node = nextNode();
      current = `${node.host}:${node.port}`;
      this.connecting = true;
      this.stream = ofNodes.tls ? connectTls(node) : connect(node);
      this.stream.once('error', (error) => {
        this.firstError = error;
      });
      return Promise.resolve(this.stream);
    }
  }
  const redis = new Redis({ ...ofNodes, ...options, Connector: AnyNode });
  // A node that was taken out of the cluster keeps its connections, and hears nothing any more.
  cluster.on('refresh', () => {
    const belongs = cluster.nodes().some((node) => addressOf(node) === current);
    if (!belongs && redis.status === 'ready') redis.disconnect(true);
  });
  return redis;
}
