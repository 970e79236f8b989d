/** Wires the gateway: config, clients, loops, port. Stopping goes the other way round. */
import { openDb } from '../../db/client.ts';
import { EventStore } from '../../db/event-store.ts';
import { loadSigningKeys } from '../../db/signing-keys.ts';
import { JobQueues } from '../../shared/jobs/enqueue.ts';
import { Lifecycle, runMain } from '../../shared/runtime/lifecycle.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { createRegistry } from '../../shared/runtime/metrics.ts';
import { parseOptions } from '../../shared/runtime/options.ts';
import {
  commandClient,
  producerClient,
  redisComplaints,
  subscriberClient,
} from '../../shared/runtime/redis.ts';
import { createTokens } from '../../shared/runtime/tokens.ts';
import { buildGateway } from './app.ts';
import { gatewayOptions } from './config.ts';
import { OrderWaiters } from './order-waiters.ts';
import { createGatewayMetrics } from './plugins/gateway-metrics.ts';

/** Connections that may wait for an accept: a sale that opens brings them all in the same second. */
const LISTEN_BACKLOG = 4_096;

await runMain('gateway', async () => {
  const config = parseOptions(gatewayOptions, process.env);
  const log = createLogger('gateway', config.LOG_LEVEL);
  const lifecycle = new Lifecycle(log, config.STOP_TIMEOUT_MS);
  lifecycle.exitOnSignals();
  // Whatever nobody foresaw ends one request, not the sale.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'));

  const db = openDb(config.DATABASE_URL, {
    poolMax: config.DATABASE_POOL_MAX,
    applicationName: 'usher-gateway',
  });
  lifecycle.add({ name: 'postgres', stop: () => db.close() });
  const keys = await loadSigningKeys(db);

  const redis = commandClient(config.REDIS_URL, log, 'gateway');
  const subscriber = subscriberClient(redis, log, 'gateway-subscriber');
  const queueRedis = producerClient(config.QUEUE_REDIS_URL, log, 'gateway-queue');
  lifecycle.add({
    name: 'redis',
    stop: () => {
      for (const client of [redis, subscriber, queueRedis]) client.disconnect();
    },
  });
  // Redis may come later: until then the scripts answer 503 and browsing answers from PostgreSQL.
  await Promise.all([redis, subscriber, queueRedis].map((client) => client.connect().catch(() => {})));
  for (const complaint of await redisComplaints(redis)) log.warn(complaint);

  const jobs = new JobQueues(queueRedis);
  lifecycle.add({ name: 'jobs', stop: () => jobs.close() });
  const orderWaiters = new OrderWaiters(subscriber);
  const registry = createRegistry('gateway');
  const deps = {
    config,
    log,
    db,
    store: new EventStore(db, redis, log),
    redis,
    tokens: createTokens(keys),
    registry,
    metrics: createGatewayMetrics(registry),
    queueRedis,
    jobs,
    orderWaiters,
  };
  const { app, admitter, streams } = await buildGateway(deps, {
    subscriber,
    isReady: () => lifecycle.ready,
    admissionJwk: keys.admissionJwk,
  });

  if (admitter !== undefined) lifecycle.add(admitter).start();
  lifecycle.add({
    name: 'http',
    drain: () => {
      streams.drain();
      orderWaiters.stop();
    },
    stop: () => app.close(),
  });
  streams.start();
  await app.listen({ host: config.HOST, port: config.GATEWAY_PORT, backlog: LISTEN_BACKLOG });
  log.info({ addresses: app.addresses() }, 'listening');
  lifecycle.markReady();
});
