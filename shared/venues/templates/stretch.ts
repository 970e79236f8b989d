/**
 * A stretch is a piece of a row between two aisles: a line to sit along and how many sit there.
 *
 * Templates first draw stretches as long as the house allows, look how many seats fit, scale the house
 * until that is just enough, and then take the few seats too many out, one here and one there. As the
 * seats of a stretch spread over its whole length, nobody sees where one is missing, and the aisles keep
 * straight edges.
 */

import type { Point, SeatTrait } from '../../domain/plan.ts';
import type { LooseRow, LooseSeat } from '../assemble-plan.ts';

/** Between neighbouring seats, middle to middle, in drawing units. */
export const SEAT_PITCH = 20;

/** Between rows, likewise. */
export const ROW_PITCH = 24;

/** Between neighbours in a row of wheelchair spaces and companions, likewise. */
export const WHEELCHAIR_PITCH = 30;

/** How far seats are pulled apart to fill a stretch; beyond it they stay in its middle. */
const PITCH_SLACK = 1.2;

export type SeatKind = { readonly categoryId: string; readonly trait?: SeatTrait };

export type Stretch = {
  /** How many sit here now; `trimSeats` lowers it. */
  seats: number;
  /** From the first possible seat's middle to the last one's, in drawing units. */
  readonly length: number;
  readonly pitch: number;
  /** The point this far along. */
  readonly at: (along: number) => Point;
  /** What the seat at this place (0 is the leftmost of `seats`) is. */
  readonly kindOf: (place: number, seats: number) => SeatKind;
  /** Wheelchair rows and boxes keep their number: half a pair, or three chairs in a box, look wrong. */
  readonly fixed?: true;
};

export type RowSketch = { readonly label: string; readonly stretches: readonly Stretch[] };

/** How many seats a length holds. */
export function seatsFitting(length: number, pitch: number = SEAT_PITCH): number {
  return length < 0 ? 0 : Math.floor(length / pitch + 1e-9) + 1;
}

/** An ordinary stretch, as full as it can be. */
export function stretch(length: number, at: Stretch['at'], kindOf: Stretch['kindOf']): Stretch {
  return { seats: seatsFitting(length), length, pitch: SEAT_PITCH, at, kindOf };
}

/** Wheelchair spaces and the companions' seats beside them, in pairs. */
export function wheelchairStretch(length: number, at: Stretch['at'], categoryId: string): Stretch {
  const fitting = seatsFitting(length, WHEELCHAIR_PITCH);
  const kindOf = (place: number): SeatKind => ({
    categoryId,
    trait: place % 2 === 0 ? 'wheelchair' : 'companion',
  });
  return { seats: fitting - (fitting % 2), length, pitch: WHEELCHAIR_PITCH, at, kindOf, fixed: true };
}

/** The row's seats, numbered through from 1 at the left, with a gap wherever a stretch begins. */
export function seatRow({ label, stretches }: RowSketch): LooseRow {
  const seats: LooseSeat[] = [];
  for (const piece of stretches) {
    const pitch = piece.seats > 1 ? Math.min(piece.length / (piece.seats - 1), piece.pitch * PITCH_SLACK) : 0;
    const start = (piece.length - pitch * (piece.seats - 1)) / 2;
    for (let place = 0; place < piece.seats; place += 1) {
      const [x, y] = piece.at(start + place * pitch);
      const gap = place === 0 && seats.length > 0;
      const kind = piece.kindOf(place, piece.seats);
      seats.push({
        label: String(seats.length + 1),
        x,
        y,
        ...kind,
        ...(gap && { gapBefore: true as const }),
      });
    }
  }
  return { label, seats };
}

/** Takes `excess` seats out, spread evenly over the rows given. */
export function trimSeats(rows: readonly RowSketch[], excess: number): void {
  const all = rows.flatMap((row) => row.stretches);
  let left = excess;
  while (left > 0) {
    const occupied = all.filter((piece) => piece.seats > 0);
    const free = occupied.filter((piece) => !piece.fixed);
    // Long stretches first: one seat of three leaves a hole, one of twenty does not.
    const long = free.filter((piece) => piece.seats > 3);
    const from = [long, free, occupied].find((list) => list.length > 0);
    if (from === undefined) return;
    const take = Math.min(left, from.length);
    for (let i = 0; i < take; i += 1) from[Math.floor(((i + 0.5) * from.length) / take)]!.seats -= 1;
    left -= take;
  }
}

/** Seats in these rows. */
export function seatsIn(rows: readonly RowSketch[]): number {
  let seats = 0;
  for (const row of rows) for (const piece of row.stretches) seats += piece.seats;
  return seats;
}
