/** Starts the checkout service from the environment. */
import { openDb } from '../../db/client.ts';
import { EventStore } from '../../db/event-store.ts';
import { loadSigningKeys } from '../../db/signing-keys.ts';
import { Lifecycle, runMain } from '../../shared/runtime/lifecycle.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { createRegistry } from '../../shared/runtime/metrics.ts';
import { parseOptions } from '../../shared/runtime/options.ts';
import { commandClient, producerClient, queueClient } from '../../shared/runtime/redis.ts';
import { buildApp } from './app.ts';
import { checkoutOptions } from './config.ts';
import { simulatedPayments } from './payment-simulated.ts';
import { CheckoutService } from './service.ts';

await runMain('checkout', async () => {
  const config = parseOptions(checkoutOptions, process.env);
  const log = createLogger('checkout', config.LOG_LEVEL);
  const registry = createRegistry('checkout');
  const life = new Lifecycle(log, config.STOP_TIMEOUT_MS);
  life.exitOnSignals();

  const db = openDb(config.DATABASE_URL, {
    poolMax: config.DATABASE_POOL_MAX,
    applicationName: 'usher-checkout',
  });
  life.add({ name: 'postgres', stop: () => db.close() });
  const redis = commandClient(config.REDIS_URL, log, 'checkout');
  const producerRedis = producerClient(config.QUEUE_REDIS_URL, log, 'checkout-jobs');
  const queueRedis = queueClient(config.QUEUE_REDIS_URL, log, 'checkout-queue');
  for (const client of [redis, producerRedis, queueRedis]) {
    life.add({ name: 'redis', stop: () => client.disconnect() });
    // A Redis that is away comes back; what is claimed is finished without it.
    await client.connect().catch(() => {});
  }

  const service = new CheckoutService({
    config,
    db,
    redis,
    queueRedis,
    producerRedis,
    store: new EventStore(db, redis, log),
    keys: await loadSigningKeys(db),
    provider: simulatedPayments(db),
    registry,
    log,
  });
  life.add({ name: 'checkout', drain: () => service.drain(), stop: () => service.stop() });
  service.start();
  if (config.SMTP_URL === '') log.info('SMTP_URL is not set: mail is kept in the database and sent nowhere');

  const app = buildApp({ db, redis, queueRedis, registry, ready: () => life.ready });
  life.add({ name: 'http', stop: () => app.close() });
  await app.listen({ host: config.HOST, port: config.CHECKOUT_PORT });
  life.markReady();
});
