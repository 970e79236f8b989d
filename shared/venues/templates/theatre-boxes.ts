/** The boxes of a theatre: along both side walls of the stalls, A, C, E on the left and B, D, F on the right. */

import type { Point } from '../../domain/plan.ts';
import { arcPoint, type Level, rowHalf, rowRadius } from './level.ts';
import { rowLetters, rowNumber } from './row-labels.ts';
import type { SectionSketch } from './sketch.ts';
import { ROW_PITCH, SEAT_PITCH, type SeatKind, type Stretch } from './stretch.ts';

/** From the stalls' outer seats to the boxes' first chairs, in drawing units. */
const WALL = 64;

/** Chairs of a box: two at the parapet, two behind them. */
const CHAIRS_WIDE = 2;
const CHAIRS_DEEP = 2;

/** From one box to the next along the wall, in drawing units. */
const BOX_PITCH = CHAIRS_WIDE * SEAT_PITCH + 36;

const BOXES_PER_SIDE_MAX = 7;

/** As many boxes as the walls have room for. */
export function boxSections(stalls: Level): SectionSketch[] {
  const wall = rowRadius(stalls, stalls.rows - 1) - stalls.radius;
  const perSide = Math.min(BOXES_PER_SIDE_MAX, Math.floor((wall * 0.85) / BOX_PITCH));
  const boxes: SectionSketch[] = [];
  for (let i = 0; i < perSide; i += 1) {
    for (const side of [-1, 1] as const) boxes.push(box(stalls, i, side, boxes.length));
  }
  return boxes;
}

/** The parapet, this far behind the first row of the stalls. */
function wallPoint(stalls: Level, behind: number, side: 1 | -1): Point {
  const half = rowHalf(stalls, behind / ROW_PITCH) + WALL;
  return arcPoint(stalls.centre, stalls.radius + behind, side * half);
}

function box(stalls: Level, place: number, side: 1 | -1, number: number): SectionSketch {
  const letter = rowLetters(number);
  const corner = wallPoint(stalls, place * BOX_PITCH, side);
  const next = wallPoint(stalls, (place + 1) * BOX_PITCH, side);
  const wall = Math.hypot(next[0] - corner[0], next[1] - corner[1]);
  const downX = (next[0] - corner[0]) / wall;
  const downY = (next[1] - corner[1]) / wall;
  /** `out` from the parapet, `down` the wall away from the stage, a right angle between them. */
  const at = (out: number, down: number): Point => [
    corner[0] + down * downX + out * side * downY,
    corner[1] + down * downY - out * side * downX,
  ];
  // The first boxes look along the stage, not at it.
  const kind: SeatKind =
    place === 0 ? { categoryId: 'boxes', trait: 'restricted_view' } : { categoryId: 'boxes' };
  const length = (CHAIRS_WIDE - 1) * SEAT_PITCH;
  const rows = Array.from({ length: CHAIRS_DEEP }, (_, row) => {
    // Left to right for somebody who looks at the stalls: down the left wall, up the right one.
    const chairs: Stretch = {
      seats: CHAIRS_WIDE,
      length,
      pitch: SEAT_PITCH,
      at: (along) => at(row * ROW_PITCH, side === -1 ? along : length - along),
      kindOf: () => kind,
      fixed: true,
    };
    return { label: rowNumber(row), stretches: [chairs] };
  });
  const m = 15;
  const deep = (CHAIRS_DEEP - 1) * ROW_PITCH;
  return {
    id: `box-${letter.toLowerCase()}`,
    name: `Box ${letter}`,
    entrance: side === -1 ? 'Boxes left' : 'Boxes right',
    outline: () => [at(-m, -m), at(deep + m, -m), at(deep + m, length + m), at(-m, length + m)],
    rows,
  };
}
