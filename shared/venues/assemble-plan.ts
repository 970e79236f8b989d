/**
 * The last step of every way to a plan, template or import: seats get their indices, the drawing is moved
 * so that it starts at the top left, coordinates are rounded. Because one place numbers seats, "one
 * sequence, row after row, section after section" cannot differ between a template and a file.
 */

import type { Category, Fixture, Plan, Point, Row, Seat, Section } from '../domain/plan.ts';
import { hullAround } from './outline.ts';

/** A seat before it has its number. */
export type LooseSeat = Omit<Seat, 'index'>;

export type LooseRow = { readonly label: string; readonly seats: readonly LooseSeat[] };

type LooseCommon = {
  readonly id: string;
  readonly name: string;
  readonly entrance?: string;
  /** Absent: a hull around the seats. */
  readonly outline?: readonly Point[];
  /** Absent: the middle of the seats, or of the outline where there are none. */
  readonly labelAt?: Point;
};

export type LooseSection =
  | (LooseCommon & { readonly kind: 'seated'; readonly rows: readonly LooseRow[] })
  | (LooseCommon & {
      readonly kind: 'general';
      readonly categoryId: string;
      readonly capacity: number;
      readonly outline: readonly Point[];
    });

export type LoosePlan = {
  readonly name: string;
  readonly currency: string;
  readonly focus: Point;
  readonly categories: readonly Category[];
  readonly sections: readonly LooseSection[];
  readonly fixtures: readonly Fixture[];
};

/** Blank border around the drawing: drawing units, plus a share of its longer side for what is written there. */
const BORDER = 40;
const BORDER_SHARE = 0.02;

/** Numbers, moves and rounds. Rows and sections without seats are left out. */
export function assemblePlan(loose: LoosePlan): Plan {
  const kept = loose.sections.map(withoutEmptyRows).filter(sellsSomething).map(withOutline);
  const { left, top, right, bottom } = bounds(kept, loose.fixtures, loose.focus);
  const border = Math.round(BORDER + BORDER_SHARE * Math.max(right - left, bottom - top));
  const move = ([x, y]: Point): Point => [round(x - left + border), round(y - top + border)];

  let next = 0;
  const number = (seat: LooseSeat): Seat => {
    const [x, y] = move([seat.x, seat.y]);
    return { ...seat, index: next++, x, y };
  };
  const sections = kept.map((section): Section => {
    const moved = { outline: section.outline.map(move), labelAt: move(section.labelAt) };
    if (section.kind === 'general') {
      const firstIndex = next;
      next += section.capacity;
      return { ...section, ...moved, firstIndex };
    }
    const rows = section.rows.map((row): Row => ({ label: row.label, seats: row.seats.map(number) }));
    return { ...section, ...moved, rows };
  });

  return {
    name: loose.name,
    currency: loose.currency,
    width: Math.ceil(right - left + 2 * border),
    height: Math.ceil(bottom - top + 2 * border),
    focus: move(loose.focus),
    seatCount: next,
    categories: loose.categories,
    sections,
    fixtures: loose.fixtures.map((fixture) => ({
      ...fixture,
      ...(fixture.outline && { outline: fixture.outline.map(move) }),
      ...(fixture.at && { at: move(fixture.at) }),
    })),
  };
}

type DrawnSection = LooseSection & { readonly outline: readonly Point[]; readonly labelAt: Point };

function withoutEmptyRows(section: LooseSection): LooseSection {
  if (section.kind === 'general') return section;
  return { ...section, rows: section.rows.filter((row) => row.seats.length > 0) };
}

function sellsSomething(section: LooseSection): boolean {
  return section.kind === 'general' ? section.capacity > 0 : section.rows.length > 0;
}

function withOutline(section: LooseSection): DrawnSection {
  const points = section.kind === 'general' ? section.outline : section.rows.flatMap(positions);
  return {
    ...section,
    outline: section.outline ?? hullAround(points),
    labelAt: section.labelAt ?? middle(points),
  };
}

function positions(row: LooseRow): Point[] {
  return row.seats.map((seat): Point => [seat.x, seat.y]);
}

function bounds(sections: readonly DrawnSection[], fixtures: readonly Fixture[], focus: Point) {
  let [left, top] = focus;
  let [right, bottom] = focus;
  const take = ([x, y]: Point) => {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  };
  for (const section of sections) {
    section.outline.forEach(take);
    if (section.kind === 'seated') for (const row of section.rows) positions(row).forEach(take);
  }
  for (const fixture of fixtures) {
    fixture.outline?.forEach(take);
    if (fixture.at) take(fixture.at);
  }
  return { left, top, right, bottom };
}

function middle(points: readonly Point[]): Point {
  let x = 0;
  let y = 0;
  for (const point of points) {
    x += point[0];
    y += point[1];
  }
  return [x / points.length, y / points.length];
}

/** A tenth of a unit is a two-hundredth of a seat, and keeps the map's JSON short. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
