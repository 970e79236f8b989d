import type { EventId, VisitorId } from '../shared/domain/ids.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { type HoldRecord, parseHoldRecord } from './hold-reply.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('read-holds');

async function readHolds(redis: RedisClient, eventId: EventId, visitorId: string): Promise<HoldRecord[]> {
  const [, ...flat] = (await script.run(redis, eventId, [visitorId])) as unknown as [string, ...string[]];
  const holds: HoldRecord[] = [];
  for (let at = 0; at < flat.length; at += 2) holds.push(parseHoldRecord(flat[at]!, flat[at + 1]!));
  return holds;
}

/** Every hold of an event, for the operator and the reconciler. */
export const listHolds = (redis: RedisClient, eventId: EventId) => readHolds(redis, eventId, '');

/** The holds of one visitor. */
export const listHoldsOf = (redis: RedisClient, eventId: EventId, visitorId: VisitorId) =>
  readHolds(redis, eventId, visitorId);
