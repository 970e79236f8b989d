/** The lines of a CSV file as seats, with every fault of every line. */

import type { SeatTrait } from '../../domain/plan.ts';
import { isPriceMinor, PRICE_MINOR_MAX } from '../categories.ts';
import { LABEL_LENGTH_MAX, NAME_LENGTH_MAX } from '../check-plan.ts';
import type { FaultList } from '../fault.ts';
import { type CsvRecord, csvRecords } from './csv-records.ts';

export type CsvSeat = {
  readonly section: string;
  readonly row: string;
  readonly seat: string;
  readonly category: string;
  readonly priceMinor: number;
  /** Null where a position is to be found for it. */
  readonly at: readonly [x: number, y: number] | null;
  readonly trait?: SeatTrait;
};

const REQUIRED = ['section', 'row', 'seat', 'category', 'priceMinor'] as const;
const COLUMNS = [...REQUIRED, 'x', 'y', 'trait'] as const;

type Column = (typeof COLUMNS)[number];

const TRAITS: readonly string[] = ['wheelchair', 'companion', 'restricted_view'] satisfies SeatTrait[];

/** Adds to `faults`; what comes back is only of use when there are none. */
export function csvSeats(text: string, faults: FaultList): CsvSeat[] {
  const [header, ...records] = csvRecords(text, faults);
  if (header === undefined) {
    faults.add('', 'no_seats', 'the file is empty');
    return [];
  }
  const columns = columnsOf(header, faults);
  if (columns === null) return [];
  if (records.length === 0) faults.add('', 'no_seats', 'the file has a header and no seats');

  const places = new Map<string, number>();
  const prices = new Map<string, { price: number; line: number }>();
  const seats: CsvSeat[] = [];
  let positioned: boolean | null = null;
  for (const record of records) {
    const seat = seatOf(record, columns, faults);
    if (seat === null) continue;
    const place = JSON.stringify([seat.section, seat.row, seat.seat]);
    const before = places.get(place);
    if (before === undefined) places.set(place, record.line);
    else faults.add(`line ${record.line}`, 'duplicate_seat', `the same seat is on line ${before}`);

    const known = prices.get(seat.category);
    if (known === undefined) prices.set(seat.category, { price: seat.priceMinor, line: record.line });
    else if (known.price !== seat.priceMinor) {
      const message = `${seat.category} costs ${known.price} on line ${known.line}`;
      faults.add(`line ${record.line}`, 'price_conflict', message);
    }

    positioned ??= seat.at !== null;
    if (positioned !== (seat.at !== null)) {
      faults.add(`line ${record.line}`, 'position_missing', 'either every seat has x and y or none has');
    }
    seats.push(seat);
  }
  return seats;
}

function columnsOf(header: CsvRecord, faults: FaultList): ReadonlyMap<Column, number> | null {
  const before = faults.count;
  const columns = new Map<Column, number>();
  for (const [i, title] of header.fields.entries()) {
    const column = COLUMNS.find((name) => name.toLowerCase() === title.toLowerCase());
    if (column === undefined) {
      faults.add(
        `line ${header.line}`,
        'unknown_column',
        `${title || 'a column without a title'} is not known`,
      );
    } else if (columns.has(column)) {
      faults.add(`line ${header.line}`, 'duplicate_column', `the column ${column} is there twice`);
    } else columns.set(column, i);
  }
  for (const column of REQUIRED) {
    if (!columns.has(column)) {
      faults.add(`line ${header.line}`, 'column_missing', `the column ${column} is missing in the header`);
    }
  }
  return faults.count === before ? columns : null;
}

function seatOf(record: CsvRecord, columns: ReadonlyMap<Column, number>, faults: FaultList): CsvSeat | null {
  const line = `line ${record.line}`;
  const before = faults.count;
  const field = (column: Column) => record.fields[columns.get(column) ?? -1] ?? '';
  if (record.fields.length > columns.size) {
    faults.add(line, 'too_many_fields', `${record.fields.length} fields under ${columns.size} titles`);
  }
  for (const column of REQUIRED) {
    const max = column === 'section' || column === 'category' ? NAME_LENGTH_MAX : LABEL_LENGTH_MAX;
    if (field(column) === '') faults.add(line, 'missing', `${column} is empty`);
    else if (field(column).length > max) faults.add(line, 'too_long', `${column} has over ${max} characters`);
  }
  const price = field('priceMinor');
  const priceMinor = /^\d+$/.test(price) ? Number(price) : Number.NaN;
  if (price !== '' && !isPriceMinor(priceMinor)) {
    const message = `priceMinor must be an integer from 0 to ${PRICE_MINOR_MAX}, in minor units`;
    faults.add(line, 'price_invalid', message);
  }
  const trait = field('trait');
  if (trait !== '' && !TRAITS.includes(trait)) {
    faults.add(line, 'unknown_value', `trait must be empty or one of ${TRAITS.join(', ')}`);
  }
  const at = positionOf(field('x'), field('y'), line, faults);
  if (faults.count > before) return null;
  return {
    section: field('section'),
    row: field('row'),
    seat: field('seat'),
    category: field('category'),
    priceMinor,
    at,
    ...(trait !== '' && { trait: trait as SeatTrait }),
  };
}

function positionOf(x: string, y: string, line: string, faults: FaultList): CsvSeat['at'] {
  if (x === '' && y === '') return null;
  const at = [x, y].map((text) => (text === '' ? Number.NaN : Number(text)));
  for (const [i, value] of at.entries()) {
    if (!Number.isFinite(value)) faults.add(line, 'not_finite', `${'xy'[i]} must be a finite number`);
  }
  return [at[0]!, at[1]!];
}
