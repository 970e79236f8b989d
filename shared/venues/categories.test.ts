import { describe, expect, it } from 'vitest';
import { withCategories } from './categories.ts';
import { checkPlan } from './check-plan.ts';
import { faultsIn, planIn, seatsOf } from './plan-asserts.ts';
import { planFromTemplate } from './templates/plan-from-template.ts';

const plan = planIn(planFromTemplate({ template: 'theatre', seats: 700, currency: 'EUR' }));

describe('withCategories', () => {
  it('leaves the plan as it is where none are given', () => {
    expect(planIn(withCategories(plan, undefined))).toBe(plan);
  });

  it('changes the categories that are named by id or by name, and no seat', () => {
    const changed = planIn(
      withCategories(plan, [
        { id: 'stalls', priceMinor: 1 },
        { name: 'Balcony', priceMinor: 2 },
      ]),
    );
    const prices = Object.fromEntries(changed.categories.map((c) => [c.id, c.priceMinor]));
    expect(prices).toMatchObject({ premium: 9_900, stalls: 1, balcony: 2 });
    expect(changed.sections).toBe(plan.sections);
  });

  it('replaces by order where none is named; the last one stands for the rest', () => {
    const changed = planIn(
      withCategories(plan, [
        { name: 'Gold', priceMinor: 200 },
        { id: 'silver', priceMinor: 100 },
      ]),
    );
    expect(changed.categories.map((c) => [c.id, c.name, c.priceMinor])).toEqual([
      ['gold', 'Gold', 200],
      ['silver', 'silver', 100],
    ]);
    expect(checkPlan(changed)).toEqual([]);
    const before = seatsOf(plan).map((seat) => (seat.categoryId === 'premium' ? 'gold' : 'silver'));
    expect(seatsOf(changed).map((seat) => seat.categoryId)).toEqual(before);
  });

  it('names one that is unknown among known ones, and one that is changed twice', () => {
    const result = withCategories(plan, [{ id: 'stalls' }, { id: 'gold' }, { name: 'Stalls' }]);
    expect(faultsIn(result)).toEqual(['/categories/1 unknown_category', '/categories/2 duplicate_category']);
  });

  it('names every field that is not what it should be', () => {
    const result = withCategories(plan, [
      { id: 'Gold!', name: '', color: 'red', priceMinor: 1.5, price: 3 },
      7,
      { id: 'a' },
      { id: 'a' },
    ]);
    expect(faultsIn(result)).toEqual([
      '/categories/0/price unknown_property',
      '/categories/0/id id_invalid',
      '/categories/0/name name_invalid',
      '/categories/0/color color_invalid',
      '/categories/0/priceMinor price_invalid',
      '/categories/1 wrong_type',
      '/categories/3/id duplicate_category',
    ]);
  });
});
