/** Seats and line of many events in one round trip to each server. */
import type { EventId } from '../shared/domain/ids.ts';
import { type OnSaleState, onSaleState } from '../shared/domain/on-sale.ts';
import type { SeatCounts } from '../shared/domain/seat.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { eventKey } from './keys.ts';
import { parseMapRecord } from './map-record.ts';
import { readAcross } from './read-across.ts';

export type EventCounts = {
  readonly seats: SeatCounts;
  readonly line: LineCounts;
  readonly state: OnSaleState;
};

export type LineCounts = {
  readonly waiting: number;
  readonly inside: number;
  /** Called, and neither entered nor too late. */
  readonly called: number;
  /** The number up to which the line has been called. */
  readonly calledThrough: number;
  /** How many may be inside and called together. */
  readonly capacity: number;
  /** Whether a slot that comes free calls somebody. */
  readonly isCalling: boolean;
  /** Places that are never called: in no other count, and told to operators only. */
  readonly parked: number;
};

/** Fields of the event's hash, all of them numbers. */
const FIELDS = [
  ...['waiting', 'lobbyOpensAtMs', 'paused', 'calledThrough', 'capacity'],
  ...['ratePerMinute', 'inventoryAware', 'seatsPerAdmissionMilli'],
];

type FieldNumbers = [number, number, number, number, number, number, number, number];
type CountReplies = [Buffer | null, string[], number, number, number, number, number];

/** Counts by event; one that is not loaded is missing. The state is judged by this process's clock. */
export async function readCounts(
  redis: RedisClient,
  eventIds: readonly EventId[],
  nowMs = Date.now(),
): Promise<Map<EventId, EventCounts>> {
  const counts = new Map<EventId, EventCounts>();
  const replies = await readAcross(redis, eventIds, (pipeline, eventId) => {
    pipeline.getBuffer(eventKey(eventId, 'map'));
    pipeline.hmget(eventKey(eventId, 'event'), ...FIELDS);
    pipeline.zcard(eventKey(eventId, 'admitted'));
    pipeline.zcard(eventKey(eventId, 'called'));
    // Staff who are inside, and staff who are called: they stand beside the cap.
    pipeline.zcount(eventKey(eventId, 'staff'), -2, -2);
    pipeline.zcount(eventKey(eventId, 'staff'), -1, -1);
    pipeline.zcard(eventKey(eventId, 'parked'));
  });
  for (const [eventId, own] of replies) {
    const [record, fields, admitted, called, staff, staffCalled, parked] = own as CountReplies;
    if (record === null) continue;
    const map = parseMapRecord(record);
    const [waiting, lobbyOpensAtMs, paused, calledThrough, capacity, rate, inventoryAware, wantMilli] =
      fields.map(Number) as FieldNumbers;
    const inside = admitted - staff;
    const calledInLine = called - staffCalled;
    const { seatCount, available, locked, sold, blocked } = map;
    const state = onSaleState(
      {
        closedAtMs: map.closedAtMs || null,
        lobbyOpensAtMs: lobbyOpensAtMs || null,
        opensAtMs: map.opensAtMs || null,
        paused: paused === 1,
      },
      map,
      nowMs,
    );
    // As `free_slots` in lua/include/line.lua: those inside may be thought to want all that is left.
    const wantedMilli = Math.max(0, (inside + calledInLine) * wantMilli - locked * 1_000);
    const seatsLeft = inventoryAware !== 1 || available * 1_000 > wantedMilli;
    counts.set(eventId, {
      seats: { total: seatCount, available, locked, sold, blocked },
      line: {
        waiting,
        inside,
        called: calledInLine,
        calledThrough,
        capacity,
        isCalling: state === 'open' && (rate > 0 || map.roomOff === 1) && seatsLeft,
        parked,
      },
      state,
    });
  }
  return counts;
}
