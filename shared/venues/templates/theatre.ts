/**
 * A theatre with a proscenium stage: stalls, dress circle and balcony one behind the other as plans draw
 * them, rows bent around the stage, and boxes on the side walls. A small house has only stalls.
 *
 * One length decides everything, half the stalls' first row; `fitScale` looks for it.
 */

import type { Category, Plan, Point } from '../../domain/plan.ts';
import { fitScale } from './fit-scale.ts';
import { arcPoint, blocksAcross, type Level, levelOutline, levelRows, rowHalf, rowRadius } from './level.ts';
import { rowLetters } from './row-labels.ts';
import {
  capacityOf,
  type HouseSketch,
  planOfSketch,
  type SectionSketch,
  type TemplateNaming,
} from './sketch.ts';
import type { SeatKind } from './stretch.ts';
import { boxSections } from './theatre-boxes.ts';

export const THEATRE_CATEGORIES: readonly Category[] = [
  { id: 'premium', name: 'Premium stalls', color: '#b5179e', priceMinor: 9_900 },
  { id: 'stalls', name: 'Stalls', color: '#1c7ed6', priceMinor: 7_900 },
  { id: 'circle', name: 'Dress circle', color: '#7048e8', priceMinor: 7_500 },
  { id: 'rear', name: 'Rear stalls and circle', color: '#0c8599', priceMinor: 5_500 },
  { id: 'balcony', name: 'Balcony', color: '#5c940d', priceMinor: 3_500 },
  { id: 'boxes', name: 'Boxes', color: '#e8590c', priceMinor: 6_500 },
];

/** From this many seats on a house has a dress circle, a balcony, boxes, wheelchair spaces. */
const CIRCLE_FROM = 250;
const BALCONY_FROM = 600;
const BOXES_FROM = 400;
const WHEELCHAIRS_FROM = 80;

/** From the stage to the first row, and between one level and the next, in drawing units. */
const APRON = 64;
const LEVEL_GAP = 90;

type LevelRows = { readonly stalls: number; readonly circle: number; readonly balcony: number };

type Blocks = { readonly stalls: number; readonly circle: number; readonly balcony: number };

/** A plan of exactly `seats` seats, 1 to 100,000. */
export function theatre(seats: number, naming: TemplateNaming): Plan {
  const rows = rowsOf(seats);
  const capacityAt = (s: number, blocks?: Blocks) => capacityOf(drawTheatre(s, seats, rows, blocks).sections);
  const rough = fitScale({
    rough: true,
    seats,
    from: 10 * Math.sqrt(seats),
    capacityAt: (s) => capacityAt(s),
  });
  const blocks = blocksOf(rough, rows);
  const scale = fitScale({ seats, from: rough, capacityAt: (s) => capacityAt(s, blocks) });
  return planOfSketch(drawTheatre(scale, seats, rows, blocks), seats, naming);
}

function rowsOf(seats: number): LevelRows {
  const size = Math.sqrt(seats / 1_500);
  const rows = (atFifteenHundred: number) => Math.max(1, Math.round(atFifteenHundred * size));
  if (seats < CIRCLE_FROM)
    return { stalls: Math.max(1, Math.round(Math.sqrt(seats / 1.6))), circle: 0, balcony: 0 };
  if (seats < BALCONY_FROM) return { stalls: rows(24), circle: rows(12), balcony: 0 };
  return { stalls: rows(20), circle: rows(10), balcony: rows(7) };
}

function blocksOf(scale: number, rows: LevelRows): Blocks {
  const { stalls, circle, balcony } = levelsOf(scale, rows, { stalls: 1, circle: 1, balcony: 1 });
  const across = (level: Level) => blocksAcross((level.halfFront + level.halfBack) / 2);
  return { stalls: across(stalls), circle: across(circle), balcony: across(balcony) };
}

function levelsOf(scale: number, rows: LevelRows, blocks: Blocks) {
  const centre: Point = [0, -2 * scale];
  const level = (radius: number, count: number, front: number, back: number, cut: number): Level => ({
    centre,
    radius,
    rows: count,
    halfFront: front * scale,
    halfBack: back * scale,
    blocks: cut,
  });
  const behind = (before: Level) => rowRadius(before, Math.max(0, before.rows - 1)) + LEVEL_GAP;
  const stalls = level(2 * scale + APRON, rows.stalls, 0.9, 1.15, blocks.stalls);
  const circle = level(behind(stalls), rows.circle, 1.65, 1.75, blocks.circle);
  const balcony = level(behind(circle), rows.balcony, 1.8, 1.9, blocks.balcony);
  return { stalls, circle, balcony };
}

function drawTheatre(
  scale: number,
  seats: number,
  rows: LevelRows,
  blocks: Blocks = blocksOf(scale, rows),
): HouseSketch {
  const { stalls, circle, balcony } = levelsOf(scale, rows, blocks);
  const wheelchairRows = seats >= WHEELCHAIRS_FROM ? [stalls.rows - 1] : [];
  const sections: SectionSketch[] = [
    {
      id: 'stalls',
      name: 'Stalls',
      entrance: 'Ground floor',
      outline: () => levelOutline(stalls),
      rows: levelRows(stalls, rowLetters, stallsKind(stalls), wheelchairRows),
    },
  ];
  if (circle.rows > 0) {
    sections.push({
      id: 'dress-circle',
      name: 'Dress circle',
      entrance: 'First floor',
      outline: () => levelOutline(circle),
      rows: levelRows(circle, rowLetters, (row, _, fromEdge) =>
        atEdge(fromEdge < 2, row < circle.rows * 0.6 ? 'circle' : 'rear'),
      ),
    });
  }
  if (balcony.rows > 0) {
    sections.push({
      id: 'balcony',
      name: 'Balcony',
      entrance: 'Second floor',
      outline: () => levelOutline(balcony),
      rows: levelRows(balcony, rowLetters, (row, _, fromEdge) =>
        atEdge(fromEdge < (row === balcony.rows - 1 ? 5 : 3), 'balcony'),
      ),
    });
  }
  if (seats >= BOXES_FROM) sections.push(...boxSections(stalls));

  return {
    name: 'Theatre',
    // The best place of a theatre is not the first row, which looks up at the stage, but a few behind it.
    focus: arcPoint(stalls.centre, rowRadius(stalls, Math.floor(stalls.rows * 0.25)), 0),
    categories: THEATRE_CATEGORIES,
    sections,
    fixtures: [
      { kind: 'stage', text: 'Stage', outline: stageOutline(stalls, scale), at: [0, -0.25 * scale] },
      ...doors(stalls),
    ],
  };
}

/** The middle two quarters of the centre are the dearest, the last quarter of the stalls is cheaper. */
function stallsKind(stalls: Level) {
  const centre = (stalls.blocks - 1) / 2;
  return (row: number, block: number, fromEdge: number): SeatKind => {
    const depth = stalls.rows > 1 ? row / (stalls.rows - 1) : 0;
    if (depth > 0.75) return { categoryId: 'rear' };
    const premium = Math.abs(block - centre) <= stalls.blocks * 0.2 && depth < 0.6;
    return atEdge(stalls.blocks > 1 && row < 2 && fromEdge < 2, premium ? 'premium' : 'stalls');
  };
}

function atEdge(restricted: boolean, categoryId: string): SeatKind {
  return restricted ? { categoryId, trait: 'restricted_view' } : { categoryId };
}

/** Narrower at the back, its front edge parallel to the first row. */
function stageOutline(stalls: Level, scale: number): Point[] {
  const front = Array.from({ length: 9 }, (_, i) =>
    arcPoint(stalls.centre, stalls.radius - APRON, scale * 0.82 * (i / 4 - 1)),
  );
  return [...front, [0.6 * scale, -0.62 * scale], [-0.6 * scale, -0.62 * scale]];
}

/** Two doors at the rear corners of the stalls. */
function doors(stalls: Level) {
  const last = stalls.rows - 1;
  const along = rowHalf(stalls, last) + 90;
  return [-1, 1].map((side) => ({
    kind: 'entrance' as const,
    text: 'Foyer',
    at: arcPoint(stalls.centre, rowRadius(stalls, last), side * along),
  }));
}
