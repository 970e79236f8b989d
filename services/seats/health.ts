/** Whether what the service depends on answers. */
import type { Redis } from 'ioredis';
import type { Db } from '../../db/client.ts';
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

/** 200 while the process lives, with the state of each dependency in the body. */
export async function healthOf(deps: {
  readonly redis: Redis;
  readonly expirySubscriber: Redis;
  readonly db: Db;
}): Promise<HttpAnswer & { readonly reachable: boolean }> {
  const [redis, postgres] = await Promise.all([
    answers(() => deps.redis.ping()),
    answers(() => deps.db.sql`select 1`),
  ]);
  const notifications = deps.expirySubscriber.status === 'ready' ? 'up' : 'down';
  const status = redis === 'up' && postgres === 'up' && notifications === 'up' ? 'ok' : 'degraded';
  return {
    status: 200,
    type: 'application/json',
    body: JSON.stringify({ status, dependencies: { redis, postgres, notifications } }),
    reachable: redis === 'up',
  };
}
