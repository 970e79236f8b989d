/**
 * What pretix's schema cannot say: seat ids are unique, categories exist, a ticket's words name one seat.
 * Reads a document that may not even have the right shape and looks at whatever can be looked at, so that
 * an operator learns of all faults in one go.
 */

import { SEATS_PER_EVENT_MAX } from '../../domain/plan.ts';
import { type Fault, FaultList } from '../fault.ts';
import { zoneName } from './zone-name.ts';

/** Faults beside those of the schema. */
export function checkPretixPlan(json: unknown): readonly Fault[] {
  const faults = new FaultList();
  const categories = checkCategories(listOf(json, 'categories'), faults);
  const guids = new Map<string, string>();
  const places = new Map<string, string>();
  let seats = 0;

  for (const [z, zone] of listOf(json, 'zones').entries()) {
    for (const [r, row] of listOf(zone, 'rows').entries()) {
      const rowPath = `/zones/${z}/rows/${r}`;
      const doubled: string[] = [];
      for (const [s, seat] of listOf(row, 'seats').entries()) {
        const path = `${rowPath}/seats/${s}`;
        seats += 1;
        checkGuid(textOf(seat, 'seat_guid'), path, guids, faults);
        const category = textOf(seat, 'category');
        if (category !== undefined && !categories.has(category)) {
          faults.add(`${path}/category`, 'unknown_category', `the plan has no category ${category}`);
        }
        const number = textOf(seat, 'seat_number');
        if (number === '') faults.add(`${path}/seat_number`, 'seat_number_missing', 'the seat has no number');
        if (!number) continue;
        const words = JSON.stringify([zoneName(zone, z), textOf(row, 'row_number'), number]);
        const other = places.get(words);
        if (other === undefined) places.set(words, rowPath);
        else if (other === rowPath) {
          const message = `the row has two seats ${number}`;
          faults.add(`${path}/seat_number`, 'duplicate_seat', message);
        } else {
          if (doubled.length === 0) doubled.push(other);
          doubled.push(number);
        }
      }
      reportDoubled(doubled, z, r, zoneName(zone, z), textOf(row, 'row_number') ?? '', faults);
    }
  }
  if (seats === 0) faults.add('/zones', 'no_seats', 'the plan has no seats');
  if (seats > SEATS_PER_EVENT_MAX) {
    faults.add('/zones', 'too_many_seats', `${seats} seats, at most ${SEATS_PER_EVENT_MAX} are possible`);
  }
  return faults.list();
}

/** Two rows or zones of one name are only wrong where they have seats of one number: that is one ticket. */
function reportDoubled(
  [other, ...numbers]: readonly string[],
  zone: number,
  row: number,
  name: string,
  rowNumber: string,
  faults: FaultList,
): void {
  if (other === undefined) return;
  const seats = `${numbers.length === 1 ? 'seat' : 'seats'} ${numbers.slice(0, 5).join(', ')}`;
  const sameZone = other.startsWith(`/zones/${zone}/`);
  const path = sameZone ? `/zones/${zone}/rows/${row}/row_number` : `/zones/${zone}/name`;
  const message = `${name}, row ${rowNumber} has ${seats} at ${other} already`;
  faults.add(path, sameZone ? 'duplicate_row' : 'duplicate_zone', message);
}

function checkCategories(categories: readonly unknown[], faults: FaultList): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [i, category] of categories.entries()) {
    const name = textOf(category, 'name');
    if (name === undefined) continue;
    if (name.trim() === '') faults.add(`/categories/${i}/name`, 'name_missing', 'the category has no name');
    if (names.has(name)) {
      faults.add(`/categories/${i}/name`, 'duplicate_category', `there are two categories ${name}`);
    }
    names.add(name);
  }
  return names;
}

function checkGuid(guid: string | undefined, path: string, guids: Map<string, string>, faults: FaultList) {
  if (guid === undefined) return;
  const other = guids.get(guid);
  if (guid === '') faults.add(`${path}/seat_guid`, 'guid_missing', 'the seat has no id');
  else if (other === undefined) guids.set(guid, path);
  else faults.add(`${path}/seat_guid`, 'duplicate_guid', `${guid} is the id of the seat at ${other} already`);
}

function listOf(value: unknown, key: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const list = (value as Record<string, unknown>)[key];
  return Array.isArray(list) ? list : [];
}

function textOf(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const text = (value as Record<string, unknown>)[key];
  return typeof text === 'string' ? text : undefined;
}
