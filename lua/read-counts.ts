/** Seats and line of many events in one round trip: plain reads, no script, since nothing is decided here. */
import type { Redis } from 'ioredis';
import type { EventId } from '../shared/domain/ids.ts';
import { type OnSaleState, onSaleState } from '../shared/domain/on-sale.ts';
import type { SeatCounts } from '../shared/domain/seat.ts';
import { eventKey } from './keys.ts';
import { parseMapRecord } from './map-record.ts';

export type EventCounts = {
  readonly seats: SeatCounts;
  readonly line: { readonly waiting: number; readonly inside: number };
  readonly state: OnSaleState;
};

/** Replies of an event in the pipeline. */
const READS = 3;

/** Counts by event; one that is not loaded is missing. The state is judged by this process's clock. */
export async function readCounts(
  redis: Redis,
  eventIds: readonly EventId[],
  nowMs = Date.now(),
): Promise<Map<EventId, EventCounts>> {
  const counts = new Map<EventId, EventCounts>();
  if (eventIds.length === 0) return counts;
  const pipeline = redis.pipeline();
  for (const eventId of eventIds) {
    pipeline.getBuffer(eventKey(eventId, 'map'));
    pipeline.hmget(eventKey(eventId, 'event'), 'waiting', 'lobbyOpensAtMs', 'paused');
    pipeline.zcard(eventKey(eventId, 'admitted'));
  }
  const replies = (await pipeline.exec()) ?? [];
  for (const [at, eventId] of eventIds.entries()) {
    const own = replies.slice(at * READS, at * READS + READS);
    for (const [error] of own) if (error) throw error;
    const [record, fields, inside] = own.map(([, reply]) => reply) as [Buffer | null, string[], number];
    if (record === null) continue;
    const map = parseMapRecord(record);
    const [waiting, lobbyOpensAtMs, paused] = fields.map(Number) as [number, number, number];
    const { seatCount, available, locked, sold, blocked } = map;
    counts.set(eventId, {
      seats: { total: seatCount, available, locked, sold, blocked },
      line: { waiting, inside },
      state: onSaleState(
        {
          closedAtMs: map.closedAtMs || null,
          lobbyOpensAtMs: lobbyOpensAtMs || null,
          opensAtMs: map.opensAtMs || null,
          paused: paused === 1,
        },
        map,
        nowMs,
      ),
    });
  }
  return counts;
}
