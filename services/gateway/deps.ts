/** What every route is given: built in main.ts, and by the tests. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Redis } from 'ioredis';
import type { Registry } from 'prom-client';
import type { Db } from '../../db/client.ts';
import type { EventStore } from '../../db/event-store.ts';
import type { JobQueues } from '../../shared/jobs/enqueue.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { RedisClient } from '../../shared/runtime/redis.ts';
import type { Tokens } from '../../shared/runtime/tokens.ts';
import type { GatewayConfig } from './config.ts';
import type { OrderWaiters } from './order-waiters.ts';
import type { GatewayMetrics } from './plugins/gateway-metrics.ts';

export type Deps = {
  readonly config: GatewayConfig;
  readonly log: Logger;
  readonly db: Db;
  readonly store: EventStore;
  /** For scripts: a `commandClient`, which fails at once while Redis is away. */
  readonly redis: RedisClient;
  readonly tokens: Tokens;
  readonly registry: Registry;
  readonly metrics: GatewayMetrics;
  /** The other Redis: BullMQ's. A `producerClient`. */
  readonly queueRedis: Redis;
  readonly jobs: JobQueues;
  readonly orderWaiters: OrderWaiters;
};

/** A Fastify instance whose routes are typed by their TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
