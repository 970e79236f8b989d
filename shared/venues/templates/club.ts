/**
 * A club: people stand on the floor in front of the stage (a general section), and a small balcony runs
 * along both sides and the rear. The smallest clubs have only the floor.
 */

import type { Category, Plan, Point } from '../../domain/plan.ts';
import { bowlSections, lastOffset, sectionsOnLap } from './bowl.ts';
import { fitScale } from './fit-scale.ts';
import { ring } from './ring.ts';
import { rowLetters } from './row-labels.ts';
import { capacityOf, type HouseSketch, planOfSketch, rectangle, type TemplateNaming } from './sketch.ts';

export const CLUB_CATEGORIES: readonly Category[] = [
  { id: 'standing', name: 'Standing', color: '#1c7ed6', priceMinor: 3_900 },
  { id: 'balcony', name: 'Balcony, seated', color: '#e8590c', priceMinor: 5_400 },
];

/** Share of the places that are seats on the balcony, and the smallest club that has one. */
const BALCONY_SHARE = 0.15;
const BALCONY_FROM = 120;

/** From the floor's edge to the balcony's first row, in drawing units. */
const RAIL = 40;

/** The floor as shares of half its width: see `ring`. */
const SHAPE = { halfLength: 1.1, corner: 0.3 };

/** A plan of exactly `seats` places, 1 to 100,000. */
export function club(seats: number, naming: TemplateNaming): Plan {
  const balcony = seats < BALCONY_FROM ? 0 : Math.round(seats * BALCONY_SHARE);
  if (balcony === 0) return planOfSketch(drawClub(160, seats, 0, 0), 0, naming);
  const rows = Math.max(2, Math.round(Math.sqrt(balcony / 30)));
  const capacityAt = (s: number, cut?: number) => capacityOf(drawClub(s, 0, rows, cut).sections);
  const rough = fitScale({ rough: true, seats: balcony, from: 80, capacityAt: (s) => capacityAt(s) });
  const cut = sectionsOf(rough, rows);
  const scale = fitScale({ seats: balcony, from: rough, capacityAt: (s) => capacityAt(s, cut) });
  return planOfSketch(drawClub(scale, seats - balcony, rows, cut), balcony, naming);
}

function sectionsOf(scale: number, rows: number): number {
  const line = ring(scale, scale * SHAPE.halfLength, scale * SHAPE.corner);
  return Math.max(8, sectionsOnLap(line, RAIL, rows));
}

function drawClub(
  scale: number,
  standing: number,
  rows: number,
  cut: number = sectionsOf(scale, rows),
): HouseSketch {
  const halfLength = scale * SHAPE.halfLength;
  const line = ring(scale, halfLength, scale * SHAPE.corner);
  const stageFront = -halfLength + 0.55 * scale;
  let balconies = 0;
  const sections = bowlSections({
    ring: line,
    offset: RAIL,
    rows,
    sections: rows === 0 ? 0 : cut,
    rowLabel: rowLetters,
    nameAt: ([, y]: Point) => {
      if (y < stageFront) return null;
      balconies += 1;
      return { id: `balcony-${balconies}`, name: `Balcony ${balconies}` };
    },
    entranceAt: () => 'Balcony stairs',
    kindAt: ([, y]: Point) =>
      y < stageFront + 0.25 * scale
        ? { categoryId: 'balcony', trait: 'restricted_view' }
        : { categoryId: 'balcony' },
    wheelchairsAt: (_, section) => section === Math.floor(cut / 2),
  });
  const cornerCut = rows === 0 ? 0 : scale * SHAPE.corner * 0.7;
  const floor: Point[] = [
    [-scale, stageFront + 20],
    [scale, stageFront + 20],
    [scale, halfLength - cornerCut],
    [scale - cornerCut, halfLength],
    [cornerCut - scale, halfLength],
    [-scale, halfLength - cornerCut],
  ];
  const bar = halfLength + lastOffset({ offset: RAIL, rows: Math.max(1, rows) }) + 50;
  return {
    name: 'Club',
    focus: [0, stageFront],
    categories: CLUB_CATEGORIES,
    general: [
      {
        kind: 'general',
        id: 'floor',
        name: 'Floor',
        entrance: 'Main entrance',
        outline: floor,
        labelAt: [0, (stageFront + halfLength) / 2],
        categoryId: 'standing',
        capacity: standing,
      },
    ],
    sections,
    fixtures: [
      {
        kind: 'stage',
        text: 'Stage',
        outline: rectangle(-0.75 * scale, -halfLength + 0.08 * scale, 0.75 * scale, stageFront),
        at: [0, -halfLength + 0.32 * scale],
      },
      { kind: 'entrance', text: 'Main entrance', at: [0, bar] },
    ],
  };
}
