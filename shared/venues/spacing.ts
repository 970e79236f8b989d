/**
 * Imported plans come in anybody's units and say nothing of aisles. Both follow from how far apart
 * consecutive seats of a row are: the usual distance gives the scale, an unusual one is a gap.
 */

import type { Point } from '../domain/plan.ts';
import type { LooseRow, LooseSeat } from './assemble-plan.ts';
import { SEAT_PITCH } from './templates/stretch.ts';

/** Neighbours this many times further apart than usual have an aisle between them. */
const GAP_FACTOR = 1.7;

/** A row may be wider than the plan's usual by this much, before its own usual distance is a gap. */
const WIDE_ROW_FACTOR = 1.6;

/** Usual distances inside these need no scaling: seats of 16 units neither touch nor get lost. */
const PITCH_MIN = 16;
const PITCH_MAX = 30;

/** The usual distance between consecutive seats in a row, null where no row has two apart. */
export function usualPitch(rows: readonly LooseRow[]): number | null {
  return median(rows.flatMap((row) => distances(row.seats)));
}

/** What to multiply coordinates with, so that neighbours are about 20 units apart. */
export function scaleFor(pitch: number | null): number {
  return pitch === null || (pitch >= PITCH_MIN && pitch <= PITCH_MAX) ? 1 : SEAT_PITCH / pitch;
}

/** The row with a gap marked wherever two consecutive seats are not neighbours. */
export function withGaps(row: LooseRow, pitch: number | null): LooseRow {
  const apart = distances(row.seats);
  const own = median(apart);
  if (own === null || pitch === null) return row;
  const usual = Math.min(own, pitch * WIDE_ROW_FACTOR);
  const seats = row.seats.map((seat, i): LooseSeat => {
    const gap = i > 0 && distance(row.seats[i - 1]!, seat) > usual * GAP_FACTOR;
    return gap ? { ...seat, gapBefore: true } : seat;
  });
  return { ...row, seats };
}

/** The middle of the upper edge around the seats: where a stage is on a plan that draws none. */
export function topMiddle(seats: readonly LooseSeat[]): Point {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  for (const seat of seats) {
    left = Math.min(left, seat.x);
    right = Math.max(right, seat.x);
    top = Math.min(top, seat.y);
  }
  return [(left + right) / 2, top];
}

function distances(seats: readonly LooseSeat[]): number[] {
  return seats
    .slice(1)
    .map((seat, i) => distance(seats[i]!, seat))
    .filter((d) => d > 0);
}

function distance(a: LooseSeat, b: LooseSeat): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
