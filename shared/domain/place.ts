/** A place in the line, and the board from which everybody works out theirs. Rules AD. */

import type { DrawTicket } from './draw/draw.ts';

export const PLACE_STATES = ['lobby', 'waiting', 'called', 'admitted', 'left', 'expired'] as const;
export type PlaceState = (typeof PLACE_STATES)[number];

export type Place = {
  readonly state: PlaceState;
  /** By which the line goes. Whoever was in the lobby gets another one from the draw. */
  readonly number: number;
  /** 1 for the next to be called; null unless waiting. */
  readonly position: number | null;
  /** From the observed pace; null where nothing can be said: in the lobby, or paused. */
  readonly estimatedWaitMs: number | null;
  /** The bound: not later than this, whatever those inside do. 0 when called. */
  readonly latestWaitMs: number | null;
  /** Until when a called visitor may enter. */
  readonly claimByMs: number | null;
  /** For those who were in the lobby: what to keep, and to hold against the draw. Streams leave it out. */
  readonly draw?: DrawTicket;
};

/** How many of the numbers `from`..`to` are still waiting. */
export type BoardSegment = { readonly from: number; readonly to: number; readonly waiting: number };

/** The place that a number has according to the board's segments, good to the segment's width. */
export function positionFromSegments(number: number, segments: readonly BoardSegment[]): number | undefined {
  let ahead = 0;
  for (const segment of segments) {
    if (number > segment.to) {
      ahead += segment.waiting;
      continue;
    }
    if (number < segment.from) return undefined;
    const width = segment.to - segment.from + 1;
    return ahead + Math.max(1, Math.round((segment.waiting * (number - segment.from + 1)) / width));
  }
  return undefined;
}

/**
 * The bound of a wait: the k-th waiter (k = 0 is the next) enters at the latest when the (k mod capacity)-th
 * slot, in order of their ends, is free, plus one session length for each full round before it. Claim windows
 * and the rate are left out. Never negative.
 *
 * @param slotEndsAtMs the end of that slot; a free slot ends now.
 */
export function latestWaitMs(
  k: number,
  capacity: number,
  slotEndsAtMs: number,
  admissionMs: number,
  nowMs: number,
): number {
  return Math.max(0, slotEndsAtMs - nowMs) + Math.floor(k / capacity) * admissionMs;
}
