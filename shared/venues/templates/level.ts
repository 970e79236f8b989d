/** One level of a theatre: arcs around a point behind the stage, cut into blocks by aisles. */

import type { Point } from '../../domain/plan.ts';
import { OUTLINE_MARGIN } from '../outline.ts';
import {
  ROW_PITCH,
  type RowSketch,
  type SeatKind,
  type Stretch,
  stretch,
  wheelchairStretch,
} from './stretch.ts';

/** Between the seats on both sides of an aisle, in drawing units. */
const AISLE = 48;

/** Share of a row that the centre block takes where there are three. */
const CENTRE_SHARE = 0.48;

/** Rows without a walkway across; longer levels get one after each so many. */
const ROWS_BETWEEN_WALKWAYS = 28;
const WALKWAY = 40;

export type Level = {
  /** The middle of all arcs. */
  readonly centre: Point;
  /** Of the first row's arc, in drawing units. */
  readonly radius: number;
  readonly rows: number;
  /** Half the length of the first and the last row, along the arc. */
  readonly halfFront: number;
  readonly halfBack: number;
  /** An odd number; 1 for a level without aisles. */
  readonly blocks: number;
};

/** What a seat of a level is. `fromEdge` counts seats from the nearer end of the row, 0 outermost. */
export type LevelKind = (row: number, block: number, fromEdge: number) => SeatKind;

/** How many blocks rows of this length are cut into: about 14 seats between aisles. */
export function blocksAcross(halfLength: number): number {
  const blocks = (2 * halfLength) / (14 * 20 + AISLE);
  return blocks < 1.3 ? 1 : 2 * Math.max(1, Math.round((blocks - 1) / 2)) + 1;
}

/** Radius of a row's arc. */
export function rowRadius(level: Level, row: number): number {
  return level.radius + row * ROW_PITCH + Math.floor(row / ROWS_BETWEEN_WALKWAYS) * WALKWAY;
}

/** Half of a row's length along its arc. */
export function rowHalf(level: Level, row: number): number {
  const share = level.rows > 1 ? row / (level.rows - 1) : 0;
  return level.halfFront + (level.halfBack - level.halfFront) * share;
}

/** The point `along` units to the right of the middle of the arc with this radius. */
export function arcPoint([x, y]: Point, radius: number, along: number): Point {
  const angle = along / radius;
  return [x + radius * Math.sin(angle), y + radius * Math.cos(angle)];
}

/** The level's rows; in those of `wheelchairRows` the outer blocks are wheelchair spaces. */
export function levelRows(
  level: Level,
  label: (row: number) => string,
  kind: LevelKind,
  wheelchairRows: readonly number[] = [],
): RowSketch[] {
  return Array.from({ length: level.rows }, (_, row) => {
    const radius = rowRadius(level, row);
    const half = rowHalf(level, row);
    const stretches = blockEnds(level.blocks, half).map(([from, to], block): Stretch => {
      const at = (along: number) => arcPoint(level.centre, radius, from + along);
      const outer = level.blocks > 1 && (block === 0 || block === level.blocks - 1);
      if (outer && wheelchairRows.includes(row)) {
        return wheelchairStretch(to - from, at, kind(row, block, 9).categoryId);
      }
      return stretch(to - from, at, (place, seats) => {
        const left = block === 0 ? place : Number.POSITIVE_INFINITY;
        const right = block === level.blocks - 1 ? seats - 1 - place : Number.POSITIVE_INFINITY;
        return kind(row, block, Math.min(left, right));
      });
    });
    return { label: label(row), stretches };
  });
}

/** Where each block of a row begins and ends, along the arc from its middle. */
function blockEnds(blocks: number, half: number): [from: number, to: number][] {
  const seated = 2 * half - (blocks - 1) * AISLE;
  const centre = blocks === 3 ? CENTRE_SHARE : 1 / blocks;
  const side = blocks === 1 ? 0 : (1 - centre) / (blocks - 1);
  const ends: [number, number][] = [];
  let from = -half;
  for (let block = 0; block < blocks; block += 1) {
    const length = seated * (block === (blocks - 1) / 2 ? centre : side);
    ends.push([from, from + length]);
    from += length + AISLE;
  }
  return ends;
}

/** Around all rows, whether or not their last seats are there. */
export function levelOutline(level: Level): Point[] {
  const last = level.rows - 1;
  const arc = (row: number, radius: number): Point[] => {
    const half = rowHalf(level, row) + OUTLINE_MARGIN;
    const steps = Math.max(4, Math.ceil(half / 30));
    return Array.from({ length: steps + 1 }, (_, i) =>
      arcPoint(level.centre, radius, -half + (2 * half * i) / steps),
    );
  };
  const side = (sign: 1 | -1) =>
    Array.from({ length: Math.max(0, level.rows - 2) }, (_, i) =>
      arcPoint(level.centre, rowRadius(level, i + 1), sign * (rowHalf(level, i + 1) + OUTLINE_MARGIN)),
    );
  return [
    ...arc(0, rowRadius(level, 0) - OUTLINE_MARGIN),
    ...side(1),
    ...arc(last, rowRadius(level, last) + OUTLINE_MARGIN).reverse(),
    ...side(-1).reverse(),
  ];
}
