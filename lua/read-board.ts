import type { EventId } from '../shared/domain/ids.ts';
import type { OnSaleState } from '../shared/domain/on-sale.ts';
import type { BoardSegment } from '../shared/domain/place.ts';
import type { Board } from '../shared/protocol/http.ts';
import type { RedisClient } from '../shared/runtime/redis.ts';
import { loadScript } from './run-script.ts';

const script = loadScript('read-board');
/** Ranges into which the waiting numbers are cut: the board stays below 3 KB however long the line is. */
const SEGMENTS = 64;

/** The board, made afresh. */
export async function readBoard(redis: RedisClient, eventId: EventId): Promise<Board> {
  const [
    ,
    state,
    opensAtMs,
    waiting,
    inside,
    capacity,
    ratePerMinute,
    calledThrough,
    available,
    message,
    now,
    ,
    cuts,
  ] = (await script.run(redis, eventId, [SEGMENTS])) as unknown as [
    string,
    OnSaleState,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    string,
    number,
    number,
    number[],
  ];
  const segments: BoardSegment[] = [];
  for (let at = 0; at < cuts.length; at += 3) {
    segments.push({ from: cuts[at]!, to: cuts[at + 1]!, waiting: cuts[at + 2]! });
  }
  return {
    state,
    opensAtMs: opensAtMs === 0 ? null : opensAtMs,
    waiting,
    inside,
    capacity,
    ratePerMinute,
    calledThrough,
    segments,
    availableSeats: available,
    message,
    updatedAtMs: now,
  };
}
