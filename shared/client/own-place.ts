/**
 * A visitor's own place, carried on from the last exact answer by what the board says to everybody. Pure.
 *
 * The board is good to the width of its segments, the exact answer is rare: together they give a position
 * that only ever gets better, and costs the house nothing per visitor.
 */
import { type Place, positionFromSegments } from '../domain/place.ts';
import type { Board } from '../protocol/http.ts';

/** The place as it is after this board. The same object where nothing changed. */
export function placeOnBoard(place: Place, board: Board): Place {
  if (place.state !== 'waiting' || place.position === null) return place;
  const counted = positionFromSegments(place.number, board.segments);
  // Nobody passes a waiter: a larger position is the board's coarseness.
  const position = counted === undefined ? place.position : Math.min(place.position, counted);
  const stands = board.state === 'paused';
  if (position === place.position && !stands) return place;
  const share = position / place.position;
  const scaled = (waitMs: number | null) => (stands || waitMs === null ? null : Math.round(waitMs * share));
  return {
    ...place,
    position,
    estimatedWaitMs: scaled(place.estimatedWaitMs),
    // The bound falls in steps of whole rounds, so it is not scaled: the next exact answer has it.
    latestWaitMs: stands ? null : place.latestWaitMs,
  };
}

/** Whether the exact answer is worth asking for now: something happened that the board cannot tell. */
export function needsExactPlace(place: Place, before: Board | undefined, board: Board): boolean {
  if (place.state === 'lobby') return board.state !== 'lobby' && board.state !== 'scheduled';
  if (place.state !== 'waiting') return false;
  if (board.calledThrough >= place.number) return true;
  return before !== undefined && before.state !== board.state;
}
