/**
 * What the benchmarks measure: the real seat service, and where wanted the gateway, on a Redis and a PostgreSQL
 * of their own. The service has the server's core to itself; the stores share the other with the load client.
 */
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { openDb } from '../../../db/client.ts';
import { EventStore } from '../../../db/event-store.ts';
import { insertEvent } from '../../../db/events.ts';
import { migrate } from '../../../db/migrate.ts';
import { loadSigningKeys } from '../../../db/signing-keys.ts';
import { listHolds } from '../../../lua/read-holds.ts';
import { releaseHold } from '../../../lua/release-hold.ts';
import { admit, type Insider, loadTestEvent } from '../../../lua/testing.ts';
import { startTestServers } from '../../../services/launcher/test-servers.ts';
import { SUBPROTOCOL_BINARY, SUBPROTOCOL_TOKEN_PREFIX } from '../../../shared/protocol/version.ts';
import { createLogger } from '../../../shared/runtime/log.ts';
import { createTokens } from '../../../shared/runtime/tokens.ts';
import { planFromVenue } from '../../../shared/venues/venue-input.ts';
import { CLIENT_CORE, closeAtEnd, GC_ON_SIGNAL, hurry, pin, spawnServer, stopChild } from './processes.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;
const READY_TIMEOUT_MS = 20_000;
export const SEATS = 20_000;
/** Beside the event of the seat service there are some that it does not know, one for each peer. */
export const PEER_EVENTS = [900_001, 900_002, 900_003] as const;

/** No limit stands in a benchmark's way, and every socket comes from this machine. */
const UNLIMITED = {
  SOCKETS_MAX: '100000',
  SOCKETS_PER_ADDRESS_MAX: '100000',
  HOLDS_PER_MINUTE: '100000',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
};

export type Request = { readonly path: string; readonly protocols: string };
export type Service = { readonly port: number; readonly pid: number; stop(): Promise<void> };

export class House {
  readonly redis: Redis;
  readonly redisUrl: string;
  readonly redisPid: number;
  readonly eventId: number;
  readonly #env: Record<string, string>;
  readonly #tokens: ReturnType<typeof createTokens>;

  private constructor(fields: {
    redis: Redis;
    redisUrl: string;
    redisPid: number;
    eventId: number;
    env: Record<string, string>;
    tokens: ReturnType<typeof createTokens>;
  }) {
    this.redis = fields.redis;
    this.redisUrl = fields.redisUrl;
    this.redisPid = fields.redisPid;
    this.eventId = fields.eventId;
    this.#env = fields.env;
    this.#tokens = fields.tokens;
  }

  /** Stores, an event of 20,000 seats, and one for each peer. */
  static async open({ holdMs = 600_000 }: { holdMs?: number } = {}): Promise<House> {
    const servers = await startTestServers();
    closeAtEnd(() => servers.stop());
    const { REDIS_URL, QUEUE_REDIS_URL, DATABASE_URL } = servers.env;
    const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
    closeAtEnd(async () => redis.disconnect());
    const redisPid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
    pin(redisPid, CLIENT_CORE);
    hurry(redisPid);

    await migrate(DATABASE_URL);
    const db = openDb(DATABASE_URL, { poolMax: 2 });
    const made = planFromVenue({ template: 'arena', seats: SEATS });
    if ('faults' in made) throw new Error(JSON.stringify(made.faults));
    const onSale = {
      capacity: 1_000_000,
      ratePerMinute: 1_000_000,
      admissionMs: 86_400_000,
      holdMs,
      seatsPerVisitorMax: 100,
    };
    const startsAtMs = Date.now() + 86_400_000;
    const eventId = await insertEvent(db.orm, { name: 'A Benchmark', startsAtMs, plan: made.plan, onSale });
    const store = new EventStore(db, redis, createLogger('bench', 'warn'));
    await store.run(eventId, async () => {});
    for (const peer of PEER_EVENTS)
      await loadTestEvent(redis, peer, { seatCount: SEATS, rowLength: 20, ...onSale });
    const tokens = createTokens(await loadSigningKeys(db));
    await db.close();
    const env = { ...UNLIMITED, REDIS_URL, QUEUE_REDIS_URL, DATABASE_URL, USHER_EMBEDDED: '1' };
    return new House({ redis, redisUrl: REDIS_URL, redisPid, eventId, env, tokens });
  }

  /** The seat service on the server's core, ready. */
  async startSeats(
    env: Record<string, string> = {},
    nodeArgs: readonly string[] = GC_ON_SIGNAL,
  ): Promise<Service> {
    return this.#start('services/seats/main.ts', 'SEATS_PORT', env, nodeArgs);
  }

  /** The gateway on the server's core, ready. */
  async startGateway(env: Record<string, string> = {}): Promise<Service> {
    return this.#start('services/gateway/main.ts', 'GATEWAY_PORT', env, []);
  }

  async #start(
    main: string,
    portName: string,
    env: Record<string, string>,
    nodeArgs: readonly string[],
  ): Promise<Service> {
    const port = await freePort();
    let said = '';
    const child: ChildProcess = spawnServer(
      [process.execPath, ...nodeArgs, main],
      { PATH: process.env.PATH, ...this.#env, [portName]: String(port), ...env },
      process.env.BENCH_ROOT ?? ROOT,
      (text) => {
        said = (said + text).slice(-4_000);
      },
    );
    const until = performance.now() + READY_TIMEOUT_MS;
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
      if (answer?.status === 200) break;
      if (child.exitCode !== null || performance.now() > until)
        throw new Error(`${main} is not ready: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const stop = async () => {
      await stopChild(child, () => child.kill('SIGKILL'));
      if (said.includes('"level":50')) console.log(`${main} said: ${said}`);
    };
    return { port, pid: child.pid!, stop };
  }

  /** Visitors who have joined and entered, with their tokens. */
  async admit(count: number, eventId = this.eventId): Promise<(Insider & { readonly token: string })[]> {
    const insiders: (Insider & { readonly token: string })[] = [];
    while (insiders.length < count) {
      const part = Math.min(500, count - insiders.length);
      for (const insider of await Promise.all(
        Array.from({ length: part }, () => admit(this.redis, eventId)),
      )) {
        insiders.push({ ...insider, token: this.#tokens.signAdmission({ eventId, ...insider }) });
      }
    }
    return insiders;
  }

  /** Ends every hold of the event, whoever has it. */
  async releaseAll(): Promise<void> {
    for (const { holdId, visitorId } of await listHolds(this.redis, this.eventId)) {
      await releaseHold(this.redis, this.eventId, { holdId, visitorId });
    }
  }

  /** What a socket of each insider asks with. */
  requestsOf(insiders: readonly { readonly token: string }[]): Request[] {
    return insiders.map(({ token }) => ({
      path: `/events/${this.eventId}`,
      protocols: `${SUBPROTOCOL_BINARY}, ${SUBPROTOCOL_TOKEN_PREFIX}${token}`,
    }));
  }

  /** Commands that Redis has run so far, by name. */
  async commandCounts(): Promise<Map<string, number>> {
    const info = await this.redis.info('commandstats');
    return new Map(
      [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name!, Number(calls)]),
    );
  }
}

/** Reads the figures that a service shows to Prometheus; those with labels are summed. */
export async function readMetrics(port: number): Promise<(name: string) => number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return (name) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+-]+)$`, 'gm'))].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    );
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
