/**
 * Reads `section,row,seat,category,priceMinor[,x,y,trait]`, one line a seat, columns in any order. Sections
 * and rows come in the order in which the file names them first, the seats of a row in the file's order,
 * left to right. Where no seat has a position, one is found for all.
 */

import type { Category, Plan } from '../../domain/plan.ts';
import { SEATS_PER_EVENT_MAX } from '../../domain/plan.ts';
import { assemblePlan, type LooseSection } from '../assemble-plan.ts';
import { CATEGORIES_MAX, categoryColor, withCategories } from '../categories.ts';
import { checkPlan } from '../check-plan.ts';
import { FaultList, type PlanResult, refuse } from '../fault.ts';
import { freeId, idFromName } from '../ids.ts';
import { DEFAULT_CURRENCY, type ImportOptions } from '../import-options.ts';
import { scaleFor, topMiddle, usualPitch, withGaps } from '../spacing.ts';
import { layoutOf } from './csv-layout.ts';
import { type CsvSeat, csvSeats } from './csv-seats.ts';

/** The plan, or every fault with the number of its line. */
export function importCsvPlan(text: string, options: ImportOptions = {}): PlanResult {
  const faults = new FaultList();
  const seats = csvSeats(text, faults);
  if (faults.count > 0) return { faults: faults.list() };
  if (seats.length > SEATS_PER_EVENT_MAX) {
    const message = `${seats.length} seats, at most ${SEATS_PER_EVENT_MAX} are possible`;
    return refuse('', 'too_many_seats', message);
  }
  const categories = categoriesOf(seats);
  if (categories.length > CATEGORIES_MAX) {
    return refuse('', 'too_many_categories', `${categories.length} categories, at most ${CATEGORIES_MAX}`);
  }
  const plan = planOf(seats, categories, options);
  const left = checkPlan(plan);
  return left.length > 0 ? { faults: left } : withCategories(plan, options.categories);
}

function categoriesOf(seats: readonly CsvSeat[]): Category[] {
  const prices = new Map(seats.map((seat) => [seat.category, seat.priceMinor]));
  const taken = new Set<string>();
  return Array.from(prices, ([name, priceMinor], i) => ({
    id: freeId(idFromName(name, `category-${i + 1}`), taken),
    name,
    color: categoryColor(i),
    priceMinor,
  }));
}

function planOf(seats: readonly CsvSeat[], categories: readonly Category[], options: ImportOptions): Plan {
  const grouped = Array.from(
    Map.groupBy(seats, (seat) => seat.section),
    ([name, inSection]) => ({
      name,
      rows: Array.from(
        Map.groupBy(inSection, (seat) => seat.row),
        ([label, inRow]) => ({ label, inRow }),
      ),
    }),
  );
  const layout = seats.every((seat) => seat.at === null)
    ? layoutOf(grouped.map(({ rows }) => ({ rows: rows.map((row) => ({ seats: row.inRow.length })) })))
    : null;
  const idOf = new Map(categories.map((category) => [category.name, category.id]));

  const taken = new Set<string>();
  const drawn = grouped.map(
    ({ name, rows }, s): Extract<LooseSection, { kind: 'seated' }> => ({
      kind: 'seated',
      id: freeId(idFromName(name, `section-${s + 1}`), taken),
      name,
      rows: rows.map(({ label, inRow }, r) => ({
        label,
        seats: inRow.map((seat, i) => {
          const [x, y] = layout ? layout.positionOf(s, r, i) : seat.at!;
          const categoryId = idOf.get(seat.category)!;
          return { label: seat.seat, x, y, categoryId, ...(seat.trait && { trait: seat.trait }) };
        }),
      })),
    }),
  );
  const sections = layout ? drawn : spaced(drawn);
  const everySeat = sections.flatMap((section) => section.rows.flatMap((row) => row.seats));
  return assemblePlan({
    name: options.name ?? 'Imported plan',
    currency: options.currency ?? DEFAULT_CURRENCY,
    focus: layout ? [0, 0] : topMiddle(everySeat),
    categories,
    sections,
    fixtures: layout ? [{ kind: 'stage', text: 'Stage', outline: layout.stage, at: [0, -40] }] : [],
  });
}

/** Positions of the file's own, in our units and with the gaps that they show. */
function spaced(sections: readonly Extract<LooseSection, { kind: 'seated' }>[]) {
  const pitch = usualPitch(sections.flatMap((section) => section.rows));
  const scale = scaleFor(pitch);
  return sections.map((section) => ({
    ...section,
    rows: section.rows.map((row) => ({
      label: row.label,
      seats: withGaps(row, pitch).seats.map((seat) => ({ ...seat, x: seat.x * scale, y: seat.y * scale })),
    })),
  }));
}
