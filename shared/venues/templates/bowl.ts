/** One tier of a bowl: rows along a ring, cut into sections by aisles that run outwards. */

import type { Point } from '../../domain/plan.ts';
import { OUTLINE_MARGIN } from '../outline.ts';
import type { Mark, Ring } from './ring.ts';
import type { SectionSketch } from './sketch.ts';
import {
  ROW_PITCH,
  type RowSketch,
  SEAT_PITCH,
  type SeatKind,
  stretch,
  wheelchairStretch,
} from './stretch.ts';

/** From an aisle's middle to the seats beside it, in drawing units. */
const HALF_AISLE = 25;

/** How wide sections are made, in seats of their middle row; real ones have 14 to 22. */
const SECTION_SEATS = 18;

export type TierDrawing = {
  readonly ring: Ring;
  /** Of the first row, in drawing units outside the ring's rectangle. */
  readonly offset: number;
  readonly rows: number;
  /** Sections on the whole lap, an even number, so that both halves mirror each other. */
  readonly sections: number;
  readonly rowLabel: (row: number) => string;
  /** Null where the tier has a hole: no section is drawn around this point. */
  readonly nameAt: (middle: Point) => { readonly id: string; readonly name: string } | null;
  readonly entranceAt?: (middle: Point) => string;
  readonly kindAt: (middle: Point, row: number) => SeatKind;
  /** Whether the last row of the section, up at the level of the doors, is for wheelchairs. */
  readonly wheelchairsAt?: (middle: Point, section: number) => boolean;
};

/** Offset of the last row. */
export function lastOffset(tier: { readonly offset: number; readonly rows: number }): number {
  return tier.offset + (tier.rows - 1) * ROW_PITCH;
}

/** How many sections of a usual width a tier's lap has room for. */
export function sectionsOnLap(ring: Ring, offset: number, rows: number): number {
  const lap = ring.lineAt(offset + (rows * ROW_PITCH) / 2).length;
  return 2 * Math.max(3, Math.round(lap / (SECTION_SEATS * SEAT_PITCH + 2 * HALF_AISLE) / 2));
}

/** The tier's sections in the order of the lap. */
export function bowlSections(tier: TierDrawing): SectionSketch[] {
  const middleLine = tier.ring.lineAt(tier.offset + ((tier.rows - 1) * ROW_PITCH) / 2);
  const share = middleLine.length / tier.sections;
  const drawn: SectionSketch[] = [];
  for (let i = 0; i < tier.sections; i += 1) {
    const middle = middleLine.pointAt((i + 0.5) * share);
    const named = tier.nameAt(middle);
    if (named === null) continue;
    const from = middleLine.markAt(i * share);
    const to = middleLine.markAt((i + 1) * share);
    const wheelchairs = tier.wheelchairsAt?.(middle, i) ?? false;
    const rows = Array.from({ length: tier.rows }, (_, row) =>
      bowlRow(tier, row, from, to, middle, wheelchairs && row === tier.rows - 1),
    );
    drawn.push({
      ...named,
      ...(tier.entranceAt && { entrance: tier.entranceAt(middle) }),
      outline: () => bowlOutline(tier, from, to),
      rows,
    });
  }
  return drawn;
}

function bowlRow(
  tier: TierDrawing,
  row: number,
  from: Mark,
  to: Mark,
  middle: Point,
  wheelchairs: boolean,
): RowSketch {
  const line = tier.ring.lineAt(tier.offset + row * ROW_PITCH);
  const start = line.alongOf(from) + HALF_AISLE;
  const length = line.alongOf(to) - HALF_AISLE - start;
  const at = (along: number) => line.pointAt(start + along);
  const kind = tier.kindAt(middle, row);
  const piece = wheelchairs
    ? wheelchairStretch(length, at, kind.categoryId)
    : stretch(length, at, () => kind);
  return { label: tier.rowLabel(row), stretches: [piece] };
}

/** Along the first row, out, back along the last row, in. */
function bowlOutline(tier: TierDrawing, from: Mark, to: Mark): Point[] {
  const side = HALF_AISLE - OUTLINE_MARGIN;
  const edge = (offset: number): Point[] => {
    const line = tier.ring.lineAt(offset);
    const start = line.alongOf(from) + side;
    const length = line.alongOf(to) - side - start;
    const steps = Math.max(2, Math.ceil(length / 60));
    return Array.from({ length: steps + 1 }, (_, i) => line.pointAt(start + (length * i) / steps));
  };
  return [...edge(tier.offset - OUTLINE_MARGIN), ...edge(lastOffset(tier) + OUTLINE_MARGIN).reverse()];
}
