import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULTS_MAX } from './fault.ts';
import { faultsIn, planIn } from './plan-asserts.ts';
import sample from './pretix/sample-plan.json' with { type: 'json' };
import { planFromVenue } from './venue-input.ts';

const CSV = 'section,row,seat,category,priceMinor\nS,A,1,x,100';

describe('planFromVenue', () => {
  it('takes a template, with a name and a currency', () => {
    const plan = planIn(planFromVenue({ template: 'general', seats: 5, name: 'Field', currency: 'CHF' }));
    expect(plan).toMatchObject({ name: 'Field', currency: 'CHF', seatCount: 5 });
  });

  it('takes a pretix plan, CSV text, a ready plan, each wrapped too, and JSON text', () => {
    const ready = planIn(planFromVenue({ template: 'theatre', seats: 300 }));
    expect(planIn(planFromVenue(sample)).seatCount).toBe(12);
    expect(planIn(planFromVenue({ pretix: sample, currency: 'USD' })).currency).toBe('USD');
    expect(planIn(planFromVenue(CSV)).seatCount).toBe(1);
    expect(planIn(planFromVenue({ csv: CSV, name: 'Tiny' })).name).toBe('Tiny');
    expect(planIn(planFromVenue(ready))).toEqual(ready);
    expect(planIn(planFromVenue({ plan: ready }))).toEqual(ready);
    expect(planIn(planFromVenue(JSON.stringify(ready)))).toEqual(ready);
  });

  it('takes the operator’s categories, also from inside the venue', () => {
    const outside = planFromVenue({ template: 'general', seats: 5 }, [{ name: 'Day', priceMinor: 9 }]);
    const inside = planFromVenue({ pretix: sample, categories: [{ id: 'parkett', priceMinor: 9 }] });
    expect(planIn(outside).categories).toMatchObject([{ name: 'Day', priceMinor: 9 }]);
    expect(planIn(inside).categories[0]).toMatchObject({ id: 'parkett', priceMinor: 9 });
  });

  it('names the faults of a ready plan: of its shape, and then of its content', () => {
    const plan = structuredClone(planIn(planFromVenue({ template: 'theatre', seats: 30 }))) as never as {
      seatCount: number;
      sections: { rows: { seats: Record<string, unknown>[] }[] }[];
    };
    plan.seatCount = 31;
    expect(faultsIn(planFromVenue(plan))).toEqual(['/seatCount seat_count_wrong']);
    plan.sections[0]!.rows[0]!.seats[0]!.x = '1';
    plan.sections[0]!.rows[0]!.seats[1]!.owner = 'me';
    expect(faultsIn(planFromVenue(plan))).toEqual([
      '/sections/0/rows/0/seats/0/x wrong_type',
      '/sections/0/rows/0/seats/1/owner unknown_property',
    ]);
  });

  it('names options that are wrong or unknown', () => {
    expect(faultsIn(planFromVenue({ template: 'arena', seat: 5, name: '', currency: 'eur' }))).toEqual([
      '/seat unknown_property',
      '/name name_invalid',
      '/currency currency_invalid',
    ]);
    expect(faultsIn(planFromVenue({ csv: CSV, defaultPriceMinor: -1 }))).toEqual([
      '/defaultPriceMinor price_invalid',
    ]);
  });

  it.each([undefined, null, 7, [], {}, { venue: 'x' }])('does not know %j', (input) => {
    expect(faultsIn(planFromVenue(input))).toEqual(['unknown_venue']);
  });

  it('refuses text that only begins like JSON', () => {
    expect(faultsIn(planFromVenue('{"template":'))).toEqual(['json_invalid']);
  });

  it('lists so many faults and says how many more there are', () => {
    const csv = `${CSV}\n${'S,A,2,x,nothing\n'.repeat(FAULTS_MAX + 5)}`;
    const faults = faultsIn(planFromVenue(csv));
    expect(faults).toHaveLength(FAULTS_MAX + 1);
    expect(faults.at(-1)).toBe('more_faults');
  });

  it('answers anything with a plan or with faults, and never throws', () => {
    const keys = fc.constantFrom(
      'zones',
      'rows',
      'seats',
      'sections',
      'plan',
      'csv',
      'pretix',
      'name',
      'kind',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue(),
        fc.array(tie('value')),
        fc.dictionary(keys, tie('value')),
      ),
    }));
    const csv = fc
      .array(fc.constantFrom('"', ',', '\n', '\r', 'S', '1', 'x'))
      .map((parts) => `${CSV}${parts.join('')}`);
    fc.assert(
      fc.property(
        fc.oneof(value, fc.string(), csv),
        fc.option(value, { nil: undefined }),
        (input, categories) => {
          const result = planFromVenue(input, categories);
          expect('plan' in result || result.faults.length > 0).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });
});
