/**
 * The seats on an arena's floor: blocks in ranks and columns in front of the stage, their rows bent
 * gently around it, the outer blocks cut by the round end of the hall, and a place left out for the sound
 * desk where it always stands.
 */

import type { Fixture, Point } from '../../domain/plan.ts';
import { OUTLINE_MARGIN } from '../outline.ts';
import { rowLetters, rowNumber } from './row-labels.ts';
import { rectangle, type SectionSketch } from './sketch.ts';
import { ROW_PITCH, type RowSketch, SEAT_PITCH, stretch } from './stretch.ts';

/** Between blocks, from seat to seat, in drawing units. */
const AISLE = 52;

/** What blocks are made for: 14 seats wide, 13 rows deep. */
const BLOCK_WIDTH = 14 * SEAT_PITCH + AISLE;
const BLOCK_DEPTH = 13 * ROW_PITCH + AISLE;

/** Below this many seats a row at the round end is not worth its place. */
const ROW_SEATS_MIN = 4;

export type Floor = {
  /** The free floor: seats keep inside these, in drawing units. */
  readonly top: number;
  readonly bottom: number;
  readonly halfWidth: number;
  /** Half the width that is left at `y`, near the round end. */
  readonly halfWidthAt: (y: number) => number;
  /** Radius of the rows' bend. */
  readonly bend: number;
};

export type FloorBlocks = { readonly columns: number; readonly ranks: number };

/** How many blocks of a usual size the floor has room for; an odd number side by side. */
export function floorBlocks(floor: Floor): FloorBlocks {
  const columns = 2 * Math.floor((2 * floor.halfWidth) / BLOCK_WIDTH / 2) + 1;
  const ranks = Math.round((floor.bottom - floor.top) / BLOCK_DEPTH);
  return { columns: Math.min(columns, 11), ranks: Math.min(Math.max(1, ranks), 10) };
}

/** The blocks, `floor-a1` at the front left; the first rank is the dearest. */
export function floorSections(
  floor: Floor,
  blocks: FloorBlocks,
): { sections: SectionSketch[]; fixtures: Fixture[] } {
  const { columns, ranks } = blocks;
  const width = (2 * floor.halfWidth - (columns - 1) * AISLE) / columns;
  const depth = (floor.bottom - floor.top - (ranks - 1) * AISLE) / ranks;
  const rowsInRank = Math.max(1, Math.floor(depth / ROW_PITCH) + 1);
  const bent = (x: number, y: number): Point => [x, y - (x * x) / (2 * floor.bend)];

  const sections: SectionSketch[] = [];
  const fixtures: Fixture[] = [];
  for (let rank = 0; rank < ranks; rank += 1) {
    const top = floor.top + rank * (depth + AISLE);
    for (let column = 0; column < columns; column += 1) {
      const left = -floor.halfWidth + column * (width + AISLE);
      const hasDesk = ranks > 1 && rank === ranks - 1 && column === (columns - 1) / 2;
      const rows = hasDesk ? Math.ceil(rowsInRank * 0.45) : rowsInRank;
      const block = { left, right: left + width, top, rows };
      const name = `${rowLetters(rank)}${column + 1}`;
      const category = rank === 0 ? 'floor-front' : 'floor';
      const drawn = blockRows(floor, block, category, bent);
      sections.push({
        id: `floor-${name.toLowerCase()}`,
        name: `Floor ${name}`,
        outline: () => blockOutline(drawn.edges, bent),
        rows: drawn.rows,
      });
      if (hasDesk) {
        const deskTop = top + rows * ROW_PITCH + 16;
        const desk = rectangle(left + width * 0.15, deskTop, left + width * 0.85, top + depth);
        fixtures.push({
          kind: 'shape',
          text: 'Sound',
          outline: desk,
          at: [left + width / 2, (deskTop + top + depth) / 2],
        });
      }
    }
  }
  return { sections, fixtures };
}

type Block = { readonly left: number; readonly right: number; readonly top: number; readonly rows: number };

type Edge = { readonly y: number; readonly left: number; readonly right: number };

function blockRows(floor: Floor, block: Block, categoryId: string, bent: (x: number, y: number) => Point) {
  const rows: RowSketch[] = [];
  const edges: Edge[] = [];
  for (let row = 0; row < block.rows; row += 1) {
    const y = block.top + row * ROW_PITCH;
    const limit = floor.halfWidthAt(y);
    const left = Math.max(block.left, -limit);
    const right = Math.min(block.right, limit);
    const cut = right - left < block.right - block.left - 1;
    if (right < left || (cut && right - left < (ROW_SEATS_MIN - 1) * SEAT_PITCH)) break;
    const kind = { categoryId };
    rows.push({
      label: rowNumber(row),
      stretches: [
        stretch(
          right - left,
          (along) => bent(left + along, y),
          () => kind,
        ),
      ],
    });
    edges.push({ y, left, right });
  }
  return { rows, edges };
}

/** Along the front, down the right ends of all rows, back along the rear, up the left ends. */
function blockOutline(edges: readonly Edge[], bent: (x: number, y: number) => Point): Point[] {
  const first = edges[0];
  const last = edges.at(-1);
  if (first === undefined || last === undefined) return [];
  const m = OUTLINE_MARGIN;
  const across = (edge: Edge, y: number) =>
    Array.from({ length: 7 }, (_, i) => bent(edge.left - m + ((edge.right - edge.left + 2 * m) * i) / 6, y));
  const inner = edges.slice(1, -1);
  return [
    ...across(first, first.y - m),
    ...inner.map((edge) => bent(edge.right + m, edge.y)),
    ...across(last, last.y + m).reverse(),
    ...inner.map((edge) => bent(edge.left - m, edge.y)).reverse(),
  ];
}
