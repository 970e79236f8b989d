/**
 * Positions for a list of seats that has none: rows bent around a stage at the top, sections side by side
 * in ranks of up to three. It cannot know the house, but every seat is where one looks for it: by section,
 * row and number.
 */

import type { Point } from '../../domain/plan.ts';
import { arcPoint } from '../templates/level.ts';
import { ROW_PITCH, SEAT_PITCH } from '../templates/stretch.ts';

export type SeatGroup = { readonly rows: readonly { readonly seats: number }[] };

const SECTIONS_ABREAST = 3;

/** Between sections side by side, between ranks, and from the stage to the first row, in drawing units. */
const AISLE = 52;
const RANK_GAP = 70;
const APRON = 90;

/** How far behind the stage's front edge rows have their middle: the flattest bend that still shows. */
const BEND_MIN = 600;

export type Layout = {
  readonly positionOf: (section: number, row: number, seat: number) => Point;
  readonly stage: readonly Point[];
};

/** The stage's front edge has its middle at 0, 0. */
export function layoutOf(sections: readonly SeatGroup[]): Layout {
  const abreast = sections.length <= 2 ? 1 : SECTIONS_ABREAST;
  const width = (section: SeatGroup) =>
    (section.rows.reduce((most, row) => Math.max(most, row.seats), 1) - 1) * SEAT_PITCH;
  const slots: { readonly along: number; readonly radius: number }[] = [];
  const ranks = Array.from({ length: Math.ceil(sections.length / abreast) }, (_, i) =>
    sections.slice(i * abreast, (i + 1) * abreast),
  );
  const widths = ranks.map((rank) => rank.reduce((sum, s) => sum + width(s), 0) + (rank.length - 1) * AISLE);
  const widest = widths.reduce((most, w) => Math.max(most, w), 0);
  const bend = Math.max(BEND_MIN, widest);

  let radius = bend + APRON;
  for (const [i, rank] of ranks.entries()) {
    let left = -widths[i]! / 2;
    for (const section of rank) {
      slots.push({ along: left + width(section) / 2, radius });
      left += width(section) + AISLE;
    }
    const deepest = rank.reduce((most, section) => Math.max(most, section.rows.length), 1);
    radius += (deepest - 1) * ROW_PITCH + RANK_GAP;
  }

  const centre: Point = [0, -bend];
  const halfStage = Math.max(80, Math.min(widths[0]! * 0.28, bend * 0.5));
  const front = [1, 0.5, 0, -0.5, -1].map((share) => arcPoint(centre, bend, halfStage * share));
  return {
    stage: [[-halfStage * 0.8, -0.6 * halfStage], [halfStage * 0.8, -0.6 * halfStage], ...front],
    positionOf: (section, row, seat) => {
      const slot = slots[section]!;
      const seats = sections[section]!.rows[row]!.seats;
      const along = slot.along + (seat - (seats - 1) / 2) * SEAT_PITCH;
      return arcPoint(centre, slot.radius + row * ROW_PITCH, along);
    },
  };
}
