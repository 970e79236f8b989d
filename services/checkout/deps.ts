/** What every step of checkout is given: built in main.ts, and by the tests. */
import type { Db } from '../../db/client.ts';
import type { EventStore } from '../../db/event-store.ts';
import type { JobQueues } from '../../shared/jobs/enqueue.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { RedisClient } from '../../shared/runtime/redis.ts';
import type { MapTeller } from './map-teller.ts';
import type { CheckoutMetrics } from './metrics.ts';
import type { GuardedPayments } from './payment-guard.ts';

export type CheckoutDeps = {
  readonly db: Db;
  /** For scripts: a command client, which fails at once while Redis is away. */
  readonly redis: RedisClient;
  readonly store: EventStore;
  readonly jobs: JobQueues;
  readonly payments: GuardedPayments;
  readonly teller: MapTeller;
  readonly metrics: CheckoutMetrics;
  readonly log: Logger;
};
