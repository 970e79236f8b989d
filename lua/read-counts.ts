/** Seats and line of many events in one round trip: plain reads, no script, since nothing is decided here. */
import type { Redis } from 'ioredis';
import type { EventId } from '../shared/domain/ids.ts';
import { type OnSaleState, onSaleState } from '../shared/domain/on-sale.ts';
import type { SeatCounts } from '../shared/domain/seat.ts';
import { eventKey } from './keys.ts';

const FIELDS = [
  'seatCount',
  'available',
  'locked',
  'sold',
  'blocked',
  'waiting',
  'closedAtMs',
  'lobbyOpensAtMs',
  'opensAtMs',
  'paused',
] as const;

export type EventCounts = {
  readonly seats: SeatCounts;
  readonly line: { readonly waiting: number; readonly inside: number };
  readonly state: OnSaleState;
};

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
    pipeline.hmget(eventKey(eventId, 'event'), ...FIELDS);
    pipeline.zcard(eventKey(eventId, 'admitted'));
  }
  const replies = (await pipeline.exec()) ?? [];
  eventIds.forEach((eventId, at) => {
    const [fieldsError, fields] = replies[at * 2]!;
    const [insideError, inside] = replies[at * 2 + 1]!;
    if (fieldsError ?? insideError) throw fieldsError ?? insideError;
    if ((fields as (string | null)[])[0] === null) return;
    const [total, available, locked, sold, blocked, waiting, closedAtMs, lobbyOpensAtMs, opensAtMs, paused] =
      (fields as string[]).map(Number) as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
    counts.set(eventId, {
      seats: { total, available, locked, sold, blocked },
      line: { waiting, inside: inside as number },
      state: onSaleState(
        {
          closedAtMs: closedAtMs || null,
          lobbyOpensAtMs: lobbyOpensAtMs || null,
          opensAtMs: opensAtMs || null,
          paused: paused === 1,
        },
        { available, locked },
        nowMs,
      ),
    });
  });
  return counts;
}
