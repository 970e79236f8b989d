/** Starts the seat service: wires what the other files make, and nothing else. */

import { openDb } from '../../db/client.ts';
import { EventStore } from '../../db/event-store.ts';
import { loadSigningKeys } from '../../db/signing-keys.ts';
import { Lifecycle, runMain } from '../../shared/runtime/lifecycle.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { createRegistry } from '../../shared/runtime/metrics.ts';
import { parseOptions } from '../../shared/runtime/options.ts';
import { commandClient, redisComplaints, subscriberClient } from '../../shared/runtime/redis.ts';
import { createAdmissionReader } from '../../shared/runtime/tokens.ts';
import { verifyUwsBinary } from '../../shared/runtime/verify-uws.ts';
import { seatsOptions } from './config.ts';
import { FeedSubscriber } from './feed-subscriber.ts';

await runMain('seats', async () => {
  const embedded = process.env.USHER_EMBEDDED === '1';
  const parsed = parseOptions(seatsOptions, process.env);
  const config =
    embedded && parsed.TRUST_PROXY.length === 0 ? { ...parsed, TRUST_PROXY: ['loopback'] } : parsed;
  const log = createLogger('seats', config.LOG_LEVEL);
  const registry = createRegistry('seats');
  const lifecycle = new Lifecycle(log, config.STOP_TIMEOUT_MS);

  const db = openDb(config.DATABASE_URL, {
    poolMax: config.DATABASE_POOL_MAX,
    applicationName: 'usher-seats',
  });
  lifecycle.add({ name: 'postgres', stop: () => db.close() });
  const redis = commandClient(config.REDIS_URL, log, 'seats-commands');
  lifecycle.add({ name: 'redis', stop: () => redis.disconnect() });
  await redis.connect();
  for (const complaint of await redisComplaints(redis)) log.warn(complaint);
  const keys = await loadSigningKeys(db);

  const subscriber = lifecycle.add(
    new FeedSubscriber(subscriberClient(redis, log, 'seats-feed', { autoResubscribe: false }), log),
  );
  await subscriber.start();
  // The native library is loaded only where it is the one that was looked at.
  verifyUwsBinary();
  const { SeatsApp } = await import('./app.ts');
  const app = lifecycle.add(
    new SeatsApp({
      config,
      log,
      registry,
      db,
      redis,
      subscriber,
      store: new EventStore(db, redis, log),
      readAdmission: createAdmissionReader(keys.admissionPublicPem),
      lifecycle,
      spareLoopback: embedded,
    }),
  );
  const port = await app.start();
  lifecycle.exitOnSignals();
  log.info({ port }, 'listening');
  lifecycle.markReady();
});
