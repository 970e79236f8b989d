import { describe, expect, it } from 'vitest';
import { checkPlan } from '../check-plan.ts';
import { closestSeats, faultsIn, planIn, seatsOf } from '../plan-asserts.ts';
import { importCsvPlan } from './import-csv-plan.ts';

const HEADER = 'section,row,seat,category,priceMinor';

const lines = (...rest: string[]) => [HEADER, ...rest].join('\n');

describe('importCsvPlan', () => {
  it('reads quoted fields, a BOM, either line end and columns in any order', () => {
    const text =
      '\uFEFFseat,row,section,priceMinor,category\r\n' +
      '1,A,"Stalls, left",5000,"The ""best"""\r\n\r\n' +
      ' 2 ,A,"Stalls, left",5000,"The ""best"""';
    const plan = planIn(importCsvPlan(text));
    expect(plan.sections[0]).toMatchObject({ id: 'stalls-left', name: 'Stalls, left' });
    expect(plan.categories).toMatchObject([{ id: 'the-best', name: 'The "best"', priceMinor: 5_000 }]);
    expect(seatsOf(plan).map((seat) => seat.label)).toEqual(['1', '2']);
  });

  it('groups lines that are not in order, and numbers seats by section and row', () => {
    const plan = planIn(importCsvPlan(lines('S,A,1,x,1', 'T,A,1,x,1', 'S,B,1,x,1', 'S,A,2,x,1')));
    const order = plan.sections.flatMap((s) =>
      s.kind === 'seated' ? s.rows.flatMap((r) => r.seats.map((seat) => s.name + r.label + seat.label)) : [],
    );
    expect(order).toEqual(['SA1', 'SA2', 'SB1', 'TA1']);
  });

  it('finds positions where there are none: no two seats touch', () => {
    const rest: string[] = [];
    for (let section = 0; section < 7; section += 1) {
      for (let row = 0; row < 9 + section; row += 1) {
        for (let seat = 0; seat < 10 + row; seat += 1) rest.push(`S${section},${row},${seat},x,1`);
      }
    }
    const plan = planIn(importCsvPlan(lines(...rest)));
    expect(plan.seatCount).toBe(rest.length);
    expect(checkPlan(plan)).toEqual([]);
    expect(closestSeats(plan)).toBeGreaterThan(14);
    expect(plan.fixtures[0]).toMatchObject({ kind: 'stage' });
  });

  it('keeps given positions, marks the gaps in them and takes traits', () => {
    const text = [
      `${HEADER},x,y,trait`,
      'S,A,1,x,1,0,0,wheelchair',
      'S,A,2,x,1,20,0,companion',
      'S,A,3,x,1,40,0,',
      'S,A,4,x,1,90,0,restricted_view',
    ].join('\n');
    const seats = seatsOf(planIn(importCsvPlan(text)));
    expect(seats.map((seat) => seat.x - seats[0]!.x)).toEqual([0, 20, 40, 90]);
    expect(seats.map((seat) => seat.gapBefore ?? false)).toEqual([false, false, false, true]);
    expect(seats.map((seat) => seat.trait)).toEqual([
      'wheelchair',
      'companion',
      undefined,
      'restricted_view',
    ]);
  });

  it('names every fault with its line', () => {
    const text = [
      `${HEADER},x,y,trait`,
      'S,A,1,x,100,0,0,',
      'S,A,1,x,100,20,0,',
      'S,A,2,x,200,40,0,',
      'S,,3,x,12.50,60,0,vip',
      'S,A,4,"x',
      'y",100,NaN,0,',
      'S,A,5,z,1,,,',
      'S,A,6,z,1,0,0,,9',
    ].join('\n');
    expect(faultsIn(importCsvPlan(text))).toEqual([
      'line 3 duplicate_seat',
      'line 4 price_conflict',
      'line 5 missing',
      'line 5 price_invalid',
      'line 5 unknown_value',
      'line 6 not_finite',
      'line 8 position_missing',
      'line 9 too_many_fields',
    ]);
  });

  it('names faults of the header and of quotes', () => {
    expect(faultsIn(importCsvPlan('section,row,seat,colour,seat\nS,A,1,x,1'))).toEqual([
      'line 1 unknown_column',
      'line 1 duplicate_column',
      'line 1 column_missing',
      'line 1 column_missing',
    ]);
    expect(faultsIn(importCsvPlan(lines('S,A,"1,x,1')))).toContain('line 2 quote_unclosed');
    expect(faultsIn(importCsvPlan(lines('S,A,"1"2,x,1')))).toEqual(['line 2 quote_misplaced']);
    expect(faultsIn(importCsvPlan(lines('S,A,1"2,x,1')))).toEqual(['line 2 quote_misplaced']);
  });

  it('names a file without seats, and one with too many', () => {
    expect(faultsIn(importCsvPlan(''))).toEqual(['no_seats']);
    expect(faultsIn(importCsvPlan(HEADER))).toEqual(['no_seats']);
    const many = Array.from({ length: 100_001 }, (_, i) => `S,A,${i},x,1`);
    expect(faultsIn(importCsvPlan(lines(...many)))).toEqual(['too_many_seats']);
  });
});
