/** Plain reads of many events, for those questions in which nothing is decided and no script is wanted. */
import type { ChainableCommander, Redis } from 'ioredis';
import type { EventId } from '../shared/domain/ids.ts';
import { type RedisClient, serverOf } from '../shared/runtime/redis.ts';
import { eventKey } from './keys.ts';

/**
 * The replies to what `ask` puts into the pipeline for each event, in one round trip to each server that has some
 * of them, all servers at once. Events of a server that does not answer are missing; throws where none answers.
 */
export async function readAcross(
  redis: RedisClient,
  eventIds: readonly EventId[],
  ask: (pipeline: ChainableCommander, eventId: EventId) => void,
): Promise<Map<EventId, readonly unknown[]>> {
  const replies = new Map<EventId, readonly unknown[]>();
  const failures: unknown[] = [];
  const byServer = new Map<Redis, EventId[]>();
  for (const eventId of eventIds) {
    try {
      const server = serverOf(redis, eventKey(eventId, 'map'));
      const others = byServer.get(server);
      if (others === undefined) byServer.set(server, [eventId]);
      else others.push(eventId);
    } catch (error) {
      failures.push(error);
    }
  }
  const asked = [...byServer].map(async ([server, ids]) => {
    try {
      for (const [eventId, own] of await readFrom(server, ids, ask)) replies.set(eventId, own);
    } catch (error) {
      failures.push(error);
    }
  });
  await Promise.all(asked);
  if (replies.size === 0 && failures.length > 0) throw failures[0];
  return replies;
}

async function readFrom(
  server: Redis,
  eventIds: readonly EventId[],
  ask: (pipeline: ChainableCommander, eventId: EventId) => void,
): Promise<[EventId, unknown[]][]> {
  const pipeline = server.pipeline();
  const ends = eventIds.map((eventId) => {
    ask(pipeline, eventId);
    return pipeline.length;
  });
  const results = (await pipeline.exec()) ?? [];
  return eventIds.map((eventId, at) => {
    const own = results.slice(ends[at - 1] ?? 0, ends[at]);
    for (const [error] of own) if (error) throw error;
    return [eventId, own.map(([, reply]) => reply)];
  });
}
