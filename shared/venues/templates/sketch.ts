/** A house as a template draws it, before exactly the seats asked for are left in it. */

import type { Category, Fixture, Plan, Point } from '../../domain/plan.ts';
import { assemblePlan, type LooseSection } from '../assemble-plan.ts';
import { type RowSketch, seatRow, seatsIn, trimSeats } from './stretch.ts';

export type SectionSketch = {
  readonly id: string;
  readonly name: string;
  readonly entrance?: string;
  /** Drawn only once, after the scale has been found. */
  readonly outline: () => readonly Point[];
  readonly rows: readonly RowSketch[];
};

export type HouseSketch = {
  readonly name: string;
  readonly focus: Point;
  readonly categories: readonly Category[];
  readonly sections: readonly SectionSketch[];
  /** Sections without rows; they come before the others and are not trimmed. */
  readonly general?: readonly Extract<LooseSection, { kind: 'general' }>[];
  readonly fixtures: readonly Fixture[];
};

/** What the operator may say about a template's plan besides its size. */
export type TemplateNaming = { readonly name?: string; readonly currency: string };

/** Seats in rows, general sections aside. */
export function capacityOf(sections: readonly SectionSketch[]): number {
  return sections.reduce((sum, section) => sum + seatsIn(section.rows), 0);
}

/** The plan with `rowSeats` seats in rows: what the sketch holds beyond that is taken out. */
export function planOfSketch(house: HouseSketch, rowSeats: number, naming: TemplateNaming): Plan {
  const rows = house.sections.flatMap((section) => section.rows);
  trimSeats(rows, capacityOf(house.sections) - rowSeats);
  const seated = house.sections.map(
    (section): LooseSection => ({
      kind: 'seated',
      id: section.id,
      name: section.name,
      ...(section.entrance !== undefined && { entrance: section.entrance }),
      outline: section.outline(),
      rows: section.rows.map(seatRow),
    }),
  );
  return assemblePlan({
    name: naming.name ?? house.name,
    currency: naming.currency,
    focus: house.focus,
    categories: house.categories,
    sections: [...(house.general ?? []), ...seated],
    fixtures: house.fixtures,
  });
}

/** A rectangle's corners. */
export function rectangle(left: number, top: number, right: number, bottom: number): Point[] {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}
