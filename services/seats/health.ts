/** Whether what the service depends on answers. */
import type { Db } from '../../db/client.ts';
import { type RedisClient, reachAll } from '../../shared/runtime/redis.ts';
import type { HttpAnswer } from './server.ts';

const ANSWER_MS_MAX = 500;

async function answers(probe: () => Promise<unknown>): Promise<'up' | 'down'> {
  const late = Promise.withResolvers<'down'>();
  const timer = setTimeout(() => late.resolve('down'), ANSWER_MS_MAX);
  try {
    return await Promise.race([probe().then(() => 'up' as const), late.promise]);
  } catch {
    return 'down';
  } finally {
    clearTimeout(timer);
  }
}

type HealthDeps = { readonly redis: RedisClient; readonly db: Db; readonly notificationsUp: boolean };

/** How each dependency is. Never rejects. */
export async function dependenciesOf(deps: HealthDeps) {
  const [redis, postgres] = await Promise.all([
    answers(() => reachAll(deps.redis)),
    answers(() => deps.db.sql`select 1`),
  ]);
  return { redis, postgres, notifications: deps.notificationsUp ? 'up' : 'down' } as const;
}

/** 200 while the process lives, with the state of each dependency in the body. */
export async function healthOf(deps: HealthDeps): Promise<HttpAnswer & { readonly reachable: boolean }> {
  const [anyRedis, dependencies] = await Promise.all([
    answers(() => deps.redis.ping()),
    dependenciesOf(deps),
  ]);
  const { redis, postgres, notifications } = dependencies;
  const status = redis === 'up' && postgres === 'up' && notifications === 'up' ? 'ok' : 'degraded';
  return {
    status: 200,
    type: 'application/json',
    body: JSON.stringify({ status, dependencies }),
    // A cluster with a master down still sells the events of the others.
    reachable: anyRedis === 'up',
  };
}
