/** What the checkout service says of itself over HTTP: metrics, health, readiness. It has no other door. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { Redis } from 'ioredis';
import type { Registry } from 'prom-client';
import type { Db } from '../../db/client.ts';
import { watchDependencies } from '../../shared/runtime/metrics.ts';
import { type RedisClient, reachAll } from '../../shared/runtime/redis.ts';

export type AppParts = {
  readonly db: Db;
  readonly redis: RedisClient;
  readonly queueRedis: Redis;
  readonly registry: Registry;
  /** False before the start is over and from the moment a stop was asked for. */
  ready(): boolean;
  /** How many payments are being settled, the breaker's state and the like. */
  facts?(): Record<string, unknown>;
};

const CHECK_MS_MAX = 1_000;

/** Builds the app; whoever calls listens. */
export function buildApp(parts: AppParts): FastifyInstance {
  const app = Fastify({ logger: false });

  const dependencies = async () => {
    const [postgres, redis, queueRedis] = await Promise.all([
      state(parts.db.sql`select 1`),
      state(reachAll(parts.redis)),
      state(parts.queueRedis.ping()),
    ]);
    return { postgres, redis, queueRedis };
  };
  watchDependencies(parts.registry, dependencies);

  app.get('/metrics', async (_request, reply) => {
    return reply.type(parts.registry.contentType).send(await parts.registry.metrics());
  });

  // Alive is alive: whoever restarts a process because its Redis is away has two problems.
  app.get('/health', async () => {
    const { postgres, redis, queueRedis: queue } = await dependencies();
    const well = [postgres, redis, queue].every((word) => word === 'up');
    return { status: well ? 'ok' : 'degraded', dependencies: { postgres, redis, queue } };
  });

  app.get('/ready', async (_request, reply) => {
    const ready = parts.ready() && (await state(parts.db.sql`select 1`)) === 'up';
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  return app;
}

async function state(answer: PromiseLike<unknown>): Promise<'up' | 'down'> {
  const late = Promise.withResolvers<'down'>();
  const timer = setTimeout(() => late.resolve('down'), CHECK_MS_MAX);
  const word = Promise.resolve(answer).then(
    () => 'up' as const,
    () => 'down' as const,
  );
  return Promise.race([word, late.promise]).finally(() => clearTimeout(timer));
}
