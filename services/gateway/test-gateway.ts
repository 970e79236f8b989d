/** A gateway for tests, on real stores: several of them may share a database and a Redis, as in production. */
import { pino } from 'pino';
import { createAccount } from '../../db/accounts.ts';
import { openDb } from '../../db/client.ts';
import { EventStore } from '../../db/event-store.ts';
import { insertEvent } from '../../db/events.ts';
import { planOf } from '../../db/seed.ts';
import { loadSigningKeys } from '../../db/signing-keys.ts';
import type { OnSale } from '../../shared/domain/on-sale.ts';
import { JobQueues } from '../../shared/jobs/enqueue.ts';
import { createRegistry } from '../../shared/runtime/metrics.ts';
import { parseOptions } from '../../shared/runtime/options.ts';
import { commandClient, producerClient, subscriberClient } from '../../shared/runtime/redis.ts';
import { createTokens } from '../../shared/runtime/tokens.ts';
import { buildGateway, type Gateway } from './app.ts';
import { gatewayOptions } from './config.ts';
import type { App, Deps } from './deps.ts';
import { OrderWaiters } from './order-waiters.ts';
import { createGatewayMetrics } from './plugins/gateway-metrics.ts';

export type TestGateway = Gateway & {
  readonly deps: Deps;
  /** Stores an event: a pool of `seats` places unless another template is named. */
  event(
    onSale?: Partial<OnSale>,
    venue?: { template: string; seats: number },
    name?: string,
  ): Promise<number>;
  /** The token of an operator. */
  operator(): Promise<string>;
  close(): Promise<void>;
};

/** Builds a gateway; its loops stand still unless `loops` is set. */
export async function testGateway(
  stores: { readonly redisUrl: string; readonly databaseUrl: string },
  env: Record<string, string> = {},
  { loops = false } = {},
): Promise<TestGateway> {
  const config = parseOptions(gatewayOptions, {
    REDIS_URL: stores.redisUrl,
    QUEUE_REDIS_URL: stores.redisUrl,
    DATABASE_URL: stores.databaseUrl,
    GATEWAY_PORT: '0',
    HOST: '127.0.0.1',
    WEB_ROOT: '/nonexistent',
    JOINS_PER_MINUTE: '1000000',
    ...env,
  });
  const log = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const db = openDb(stores.databaseUrl, { poolMax: 5 });
  const redis = commandClient(stores.redisUrl, log, 'test');
  const queueRedis = producerClient(stores.redisUrl, log, 'test-queue');
  const subscriber = subscriberClient(redis, log, 'test-subscriber');
  await Promise.all([redis.connect(), subscriber.connect(), queueRedis.connect()]);
  const keys = await loadSigningKeys(db);
  const registry = createRegistry('gateway');
  const deps: Deps = {
    config,
    log,
    db,
    store: new EventStore(db, redis, log),
    redis,
    queueRedis,
    jobs: new JobQueues(queueRedis),
    tokens: createTokens(keys),
    registry,
    metrics: createGatewayMetrics(registry),
    orderWaiters: new OrderWaiters(subscriber),
  };
  const gateway = await buildGateway(deps, {
    subscriber,
    isReady: () => true,
    admissionJwk: keys.admissionJwk,
  });
  if (loops) {
    gateway.admitter?.start();
    gateway.streams.start();
  }
  let accounts = 0;
  return {
    ...gateway,
    deps,
    event: (onSale = {}, venue = { template: 'general', seats: 100 }, name = 'An evening') =>
      insertEvent(db.orm, {
        name,
        startsAtMs: Date.now() + 86_400_000,
        plan: planOf(venue),
        // A rate that no test waits for, unless it says so.
        onSale: { ratePerMinute: 1_000_000, ...onSale },
      }),
    operator: async () => {
      accounts++;
      const email = `operator-${accounts}-${process.hrtime.bigint()}@usher.test`;
      const account = await createAccount(db, { email, password: 'operator', role: 'operator' });
      return deps.tokens.signAccount({ accountId: account.accountId, role: 'operator' });
    },
    close: async () => {
      await gateway.admitter?.stop();
      gateway.streams.stop();
      deps.orderWaiters.stop();
      await gateway.app.close();
      await deps.jobs.close();
      for (const client of [redis, subscriber, queueRedis]) client.disconnect();
      await db.close();
    },
  };
}

/** A visitor as tests need one: what it says and what it is told. */
export class TestVisitor {
  readonly #app: App;
  readonly eventId: number;
  visitorToken = '';
  admissionToken = '';

  constructor(app: App, eventId: number) {
    this.#app = app;
    this.eventId = eventId;
  }

  /** A call about the event, as this visitor; `as` says which token is shown. */
  async call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    { body, as = 'visitor', headers = {} }: CallOptions = {},
  ) {
    const token = as === 'admission' ? this.admissionToken : as === 'visitor' ? this.visitorToken : '';
    const response = await this.#app.inject({
      method,
      url: `/events/${this.eventId}${path}`,
      headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { payload: body }),
    });
    const text = response.body;
    return {
      status: response.statusCode,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  async join() {
    const answer = await this.call('POST', '/line');
    if (answer.status === 201) this.visitorToken = answer.body.visitorToken;
    return answer;
  }

  async enter() {
    const answer = await this.call('POST', '/admission');
    if (answer.status < 300) this.admissionToken = answer.body.admissionToken;
    return answer;
  }

  /** Joins and enters; fails where that is not possible at once. */
  async inside(): Promise<this> {
    const joined = await this.join();
    const entered = await this.enter();
    if (entered.status >= 300) throw new Error(JSON.stringify({ joined, entered }));
    return this;
  }

  hold(body: object, headers: Record<string, string> = {}) {
    return this.call('POST', '/holds', { body, as: 'admission', headers });
  }
}

type CallOptions = {
  readonly body?: object;
  readonly as?: 'visitor' | 'admission' | 'nobody';
  readonly headers?: Record<string, string>;
};
