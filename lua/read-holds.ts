import type { Redis } from 'ioredis';
import type { EventId, VisitorId } from '../shared/domain/ids.ts';
import { type HoldRecord, parseHoldRecord } from './hold-reply.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('read-holds');

async function readHolds(redis: Redis, eventId: EventId, visitorId: string): Promise<HoldRecord[]> {
  const [, ...flat] = (await script.run(redis, eventId, [visitorId])) as unknown as [string, ...string[]];
  const holds: HoldRecord[] = [];
  for (let at = 0; at < flat.length; at += 2) holds.push(parseHoldRecord(flat[at]!, flat[at + 1]!));
  return holds;
}

/** Every hold of an event, for the operator and the reconciler. */
export const listHolds = (redis: Redis, eventId: EventId) => readHolds(redis, eventId, '');

/** The holds of one visitor. */
export const listHoldsOf = (redis: Redis, eventId: EventId, visitorId: VisitorId) =>
  readHolds(redis, eventId, visitorId);
