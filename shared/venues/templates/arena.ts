/**
 * An arena with an end stage: blocks on the floor, a horseshoe of lower sections (101, 102, ...), one or
 * two full tiers above it (201, ..., 301, ...). The house grows with the seats asked for: a hundred get
 * only a floor, a hundred thousand three tiers.
 *
 * One length decides everything, half the floor's width; `fitScale` looks for it. Rows and sections are
 * settled before, so that the capacity grows smoothly with that length.
 */

import type { Category, Fixture, Plan, Point } from '../../domain/plan.ts';
import { type Floor, type FloorBlocks, floorBlocks, floorSections } from './arena-floor.ts';
import { bowlSections, lastOffset, sectionsOnLap } from './bowl.ts';
import { fitScale } from './fit-scale.ts';
import { type Ring, ring } from './ring.ts';
import { rowLetters, rowNumber } from './row-labels.ts';
import { capacityOf, type HouseSketch, planOfSketch, rectangle, type TemplateNaming } from './sketch.ts';
import { ROW_PITCH, type SeatKind } from './stretch.ts';

export const ARENA_CATEGORIES: readonly Category[] = [
  { id: 'floor-front', name: 'Front floor', color: '#b5179e', priceMinor: 14_900 },
  { id: 'floor', name: 'Floor', color: '#7048e8', priceMinor: 11_900 },
  { id: 'lower', name: 'Lower tier', color: '#1c7ed6', priceMinor: 9_500 },
  { id: 'middle', name: 'Upper tier, front rows', color: '#0c8599', priceMinor: 7_500 },
  { id: 'upper', name: 'Upper tier', color: '#5c940d', priceMinor: 5_500 },
  { id: 'side-stage', name: 'Beside the stage', color: '#e8590c', priceMinor: 3_900 },
];

/** The floor's length and corners, and the stage, all as shares of half the floor's width. */
const SHAPE = { halfLength: 1.45, corner: 0.62, stageHalfWidth: 0.52, stageDepth: 0.36, stageBack: 0.12 };

/** Between the floor's edge and the first row, and between one tier and the next, in drawing units. */
const BOARDS = 44;
const CONCOURSE = 84;

/** Every how many sections of the lowest tier the last row is for wheelchairs. */
const WHEELCHAIRS_EVERY = 3;

type Structure = { readonly blocks: FloorBlocks; readonly sections: readonly number[] };

/** A plan of exactly `seats` seats, 1 to 100,000. */
export function arena(seats: number, naming: TemplateNaming): Plan {
  const tiers = tierRows(seats);
  const from = 5 * Math.sqrt(seats);
  const rough = fitScale({
    rough: true,
    seats,
    from,
    capacityAt: (s) => capacityOf(drawArena(s, tiers).sections),
  });
  const structure = structureOf(rough, tiers);
  const capacityAt = (s: number) => capacityOf(drawArena(s, tiers, structure).sections);
  const scale = fitScale({ seats, from: rough, capacityAt });
  return planOfSketch(drawArena(scale, tiers, structure), seats, naming);
}

/** Rows of each tier. */
function tierRows(seats: number): number[] {
  const size = Math.sqrt(seats / 20_000);
  const rows = (atTwentyThousand: number) => Math.max(3, Math.round(atTwentyThousand * size));
  if (seats < 300) return [];
  if (seats < 2_500) return [rows(24)];
  if (seats < 45_000) return [rows(19), rows(16)];
  return [rows(16), rows(11), rows(13)];
}

function structureOf(scale: number, tiers: readonly number[]): Structure {
  const offsets = tierOffsets(tiers);
  const house = ringOf(scale);
  return {
    blocks: floorBlocks(floorOf(scale)),
    sections: tiers.map((rows, i) => sectionsOnLap(house, offsets[i]!, rows)),
  };
}

function tierOffsets(tiers: readonly number[]): number[] {
  const offsets: number[] = [];
  let offset = BOARDS;
  for (const rows of tiers) {
    offsets.push(offset);
    offset = lastOffset({ offset, rows }) + CONCOURSE;
  }
  return offsets;
}

function ringOf(scale: number): Ring {
  return ring(scale, scale * SHAPE.halfLength, scale * SHAPE.corner);
}

function stageOf(scale: number) {
  const back = scale * (SHAPE.stageBack - SHAPE.halfLength);
  return { back, front: back + scale * SHAPE.stageDepth, halfWidth: scale * SHAPE.stageHalfWidth };
}

function floorOf(scale: number): Floor {
  const margin = Math.min(70, 30 + scale * 0.08);
  const halfLength = scale * SHAPE.halfLength;
  const straight = halfLength - scale * SHAPE.corner;
  const corner = Math.max(0, scale * SHAPE.corner - margin);
  return {
    top: stageOf(scale).front + Math.min(100, 40 + scale * 0.08),
    bottom: halfLength - margin,
    halfWidth: scale - margin,
    bend: scale * 2.6,
    halfWidthAt: (y) => {
      const into = y - straight;
      if (into <= 0) return scale - margin;
      return scale * (1 - SHAPE.corner) + Math.sqrt(Math.max(0, corner ** 2 - into ** 2));
    },
  };
}

function drawArena(
  scale: number,
  tiers: readonly number[],
  structure: Structure = structureOf(scale, tiers),
): HouseSketch {
  const house = ringOf(scale);
  const stage = stageOf(scale);
  const offsets = tierOffsets(tiers);
  const doors = entrances(
    house,
    tiers.length === 0 ? 0 : lastOffset({ offset: offsets.at(-1)!, rows: tiers.at(-1)! }),
  );
  const floor = floorSections(floorOf(scale), structure.blocks);

  const beside = ([, y]: Point) => y < (stage.back + stage.front) / 2;
  const behind = ([x, y]: Point) => y < stage.back && Math.abs(x) < stage.halfWidth * 1.15;
  const bowl = tiers.flatMap((rows, tier) => {
    let number = (tier + 1) * 100;
    const kindAt = (middle: Point, row: number): SeatKind => {
      if (beside(middle)) return { categoryId: 'side-stage', trait: 'restricted_view' };
      if (tier === 0) return { categoryId: 'lower' };
      return { categoryId: tier === 1 && row < rows * 0.4 ? 'middle' : 'upper' };
    };
    return bowlSections({
      ring: house,
      offset: offsets[tier]!,
      rows,
      sections: structure.sections[tier]!,
      rowLabel: tier === 0 ? rowLetters : rowNumber,
      nameAt: (middle) => {
        if (tier === 0 && behind(middle)) return null;
        number += 1;
        return { id: String(number), name: String(number) };
      },
      entranceAt: (middle) => nearest(doors, middle).text,
      kindAt,
      wheelchairsAt: (middle, section) =>
        tier === 0 && !beside(middle) && mirrored(section, structure.sections[0]!) % WHEELCHAIRS_EVERY === 1,
    });
  });

  return {
    name: 'Arena',
    focus: [0, stage.front],
    categories: ARENA_CATEGORIES,
    sections: [...floor.sections.map((s) => ({ ...s, entrance: doors[0]!.text })), ...bowl],
    fixtures: [
      {
        kind: 'stage',
        text: 'Stage',
        outline: stageOutline(stage),
        at: [0, (stage.back + stage.front) / 2],
      },
      ...floor.fixtures,
      ...doors.map(({ text, at }): Fixture => ({ kind: 'entrance', text, at })),
    ],
  };
}

/** The section's number counted from the stage on its own side. */
function mirrored(section: number, sections: number): number {
  return Math.min(section, sections - 1 - section);
}

/** A wide stage with a bowed front. */
function stageOutline({ back, front, halfWidth }: { back: number; front: number; halfWidth: number }) {
  const [a, b, ...rest] = rectangle(-halfWidth, back, halfWidth, front);
  const bow = (front - back) * 0.12;
  const edge = [0.5, 0, -0.5].map(
    (share): Point => [halfWidth * share * 1.2, front + bow * (1 - (share * 1.2) ** 2)],
  );
  return [a!, b!, rest[0]!, ...edge, rest[1]!];
}

type Door = { readonly text: string; readonly at: Point };

/** Doors around the house, A at the front of house opposite the stage. */
function entrances(house: Ring, outermost: number): Door[] {
  const offset = outermost + 3 * ROW_PITCH;
  const walls = house.lineAt(offset);
  const doors = outermost === 0 ? 1 : walls.length < 9_000 ? 4 : 6;
  return Array.from({ length: doors }, (_, i) => {
    const share = (0.5 + i / doors) % 1;
    return { text: `Entrance ${rowLetters(i)}`, at: walls.pointAt(walls.length * share) };
  });
}

function nearest(doors: readonly Door[], [x, y]: Point): Door {
  const distance = (door: Door) => Math.hypot(door.at[0] - x, door.at[1] - y);
  return doors.reduce((best, door) => (distance(door) < distance(best) - 1e-6 ? door : best));
}
