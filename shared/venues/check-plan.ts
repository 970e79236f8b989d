/**
 * What every plan must keep, whoever made it: the map, the bitfield in Redis and the tables are all
 * addressed by seat index, so a plan whose indices have a hole or a double would sell a wrong seat.
 */

import { type Plan, type Point, SEATS_PER_EVENT_MAX, type Section } from '../domain/plan.ts';
import { isColor, isPriceMinor, PRICE_MINOR_MAX } from './categories.ts';
import { type Fault, FaultList } from './fault.ts';
import { ID_LENGTH_MAX, ID_PATTERN } from './ids.ts';

/** Longer ones do not fit on a ticket, and every visitor downloads them. */
export const NAME_LENGTH_MAX = 200;
export const LABEL_LENGTH_MAX = 40;

const CURRENCY_PATTERN = /^[A-Z]{3}$/;

/** Every fault of a plan of the right shape; none means that it can be sold. */
export function checkPlan(plan: Plan): readonly Fault[] {
  const faults = new FaultList();
  checkHead(plan, faults);
  checkCategories(plan, faults);
  checkSections(plan, faults);
  for (const [i, fixture] of plan.fixtures.entries()) {
    const points = [...(fixture.outline ?? []), ...(fixture.at ? [fixture.at] : [])];
    checkPoints(points, `/fixtures/${i}`, faults);
  }
  return faults.list();
}

function checkHead(plan: Plan, faults: FaultList): void {
  checkText(plan.name, '/name', NAME_LENGTH_MAX, faults);
  if (!CURRENCY_PATTERN.test(plan.currency)) {
    faults.add('/currency', 'currency_invalid', 'the currency must be an ISO 4217 code such as EUR');
  }
  for (const side of ['width', 'height'] as const) {
    if (!(Number.isFinite(plan[side]) && plan[side] > 0)) {
      faults.add(`/${side}`, 'size_invalid', `${side} must be a number above 0`);
    }
  }
  checkPoints([plan.focus], '/focus', faults);
  if (plan.seatCount < 1) faults.add('/seatCount', 'no_seats', 'the plan has no seats');
  if (plan.seatCount > SEATS_PER_EVENT_MAX) {
    const message = `${plan.seatCount} seats, at most ${SEATS_PER_EVENT_MAX} are possible`;
    faults.add('/seatCount', 'too_many_seats', message);
  }
}

function checkCategories(plan: Plan, faults: FaultList): void {
  const ids = new Set<string>();
  if (plan.categories.length === 0) faults.add('/categories', 'no_categories', 'a plan needs a category');
  for (const [i, category] of plan.categories.entries()) {
    const path = `/categories/${i}`;
    checkId(category.id, `${path}/id`, ids, faults);
    checkText(category.name, `${path}/name`, NAME_LENGTH_MAX, faults);
    if (!isColor(category.color)) faults.add(`${path}/color`, 'color_invalid', 'a colour is like #1c7ed6');
    if (!isPriceMinor(category.priceMinor)) {
      const message = `a price is an integer from 0 to ${PRICE_MINOR_MAX}, in minor units`;
      faults.add(`${path}/priceMinor`, 'price_invalid', message);
    }
  }
}

function checkSections(plan: Plan, faults: FaultList): void {
  const ids = new Set<string>();
  const categories = new Set(plan.categories.map((category) => category.id));
  let next: number | null = 0;
  for (const [i, section] of plan.sections.entries()) {
    const path = `/sections/${i}`;
    checkId(section.id, `${path}/id`, ids, faults);
    checkText(section.name, `${path}/name`, NAME_LENGTH_MAX, faults);
    if (section.outline.length < 3) {
      faults.add(`${path}/outline`, 'outline_invalid', 'an outline has at least three corners');
    }
    checkPoints([...section.outline, section.labelAt], path, faults);
    next = checkPlaces(section, path, categories, next, faults);
  }
  if (next !== null && next !== plan.seatCount) {
    const message = `seatCount is ${plan.seatCount}, but the sections have ${next} seats`;
    faults.add('/seatCount', 'seat_count_wrong', message);
  }
}

/**
 * Checks a section's seats. `next` is the index that its first one must have; what comes back is the one
 * for the section behind it, or null once an index was wrong: all later ones would only say it again.
 */
function checkPlaces(
  section: Section,
  path: string,
  categories: ReadonlySet<string>,
  next: number | null,
  faults: FaultList,
): number | null {
  let expected = next;
  const expect = (index: number, count: number, where: string) => {
    if (expected === null) return;
    if (index === expected) expected += count;
    else {
      faults.add(where, 'index_out_of_order', `the index is ${index} and should be ${expected}`);
      expected = null;
    }
  };
  const known = (categoryId: string, where: string) => {
    if (!categories.has(categoryId)) {
      faults.add(`${where}/categoryId`, 'unknown_category', `there is no category ${categoryId}`);
    }
  };

  if (section.kind === 'general') {
    known(section.categoryId, path);
    if (!(Number.isInteger(section.capacity) && section.capacity > 0)) {
      faults.add(`${path}/capacity`, 'capacity_invalid', 'a capacity is an integer above 0');
      return null;
    }
    expect(section.firstIndex, section.capacity, `${path}/firstIndex`);
    return expected;
  }
  if (section.rows.length === 0) faults.add(`${path}/rows`, 'no_rows', 'the section has no rows');
  const rowLabels = new Set<string>();
  for (const [r, row] of section.rows.entries()) {
    const rowPath = `${path}/rows/${r}`;
    if (rowLabels.has(row.label)) {
      faults.add(`${rowPath}/label`, 'duplicate_row', `${section.name} has two rows ${row.label}`);
    }
    rowLabels.add(row.label);
    // A house without rows has one of no name; a seat without a number cannot be found.
    if (row.label !== '') checkText(row.label, `${rowPath}/label`, LABEL_LENGTH_MAX, faults);
    if (row.seats.length === 0) faults.add(`${rowPath}/seats`, 'no_seats', 'the row has no seats');
    const seatLabels = new Set<string>();
    for (const [s, seat] of row.seats.entries()) {
      const seatPath = `${rowPath}/seats/${s}`;
      if (seatLabels.has(seat.label)) {
        const message = `${section.name}, row ${row.label} has two seats ${seat.label}`;
        faults.add(`${seatPath}/label`, 'duplicate_seat', message);
      }
      seatLabels.add(seat.label);
      checkText(seat.label, `${seatPath}/label`, LABEL_LENGTH_MAX, faults);
      known(seat.categoryId, seatPath);
      if (!(Number.isFinite(seat.x) && Number.isFinite(seat.y))) {
        faults.add(seatPath, 'not_finite', 'a coordinate is not a finite number');
      }
      expect(seat.index, 1, `${seatPath}/index`);
    }
  }
  return expected;
}

function checkText(text: string, path: string, lengthMax: number, faults: FaultList): void {
  if (text.trim() === '') faults.add(path, 'name_missing', 'there must be a text');
  else if (text.length > lengthMax) faults.add(path, 'too_long', `the text has over ${lengthMax} characters`);
}

function checkId(id: string, path: string, taken: Set<string>, faults: FaultList): void {
  if (!ID_PATTERN.test(id) || id.length > ID_LENGTH_MAX) {
    const message = `an id has only a-z, 0-9 and -, and at most ${ID_LENGTH_MAX} characters`;
    faults.add(path, 'id_invalid', message);
  }
  if (taken.has(id)) faults.add(path, 'duplicate_id', `the id ${id} is there twice`);
  taken.add(id);
}

function checkPoints(points: readonly Point[], path: string, faults: FaultList): void {
  if (points.some(([x, y]) => !(Number.isFinite(x) && Number.isFinite(y)))) {
    faults.add(path, 'not_finite', 'a coordinate is not a finite number');
  }
}
