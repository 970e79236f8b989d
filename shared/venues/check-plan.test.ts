import { describe, expect, it } from 'vitest';
import type { Plan, SeatedSection } from '../domain/plan.ts';
import { checkPlan } from './check-plan.ts';
import { faultsIn, planIn } from './plan-asserts.ts';
import { planFromTemplate } from './templates/plan-from-template.ts';

type Loose<T> = { -readonly [K in keyof T]: T[K] extends object ? Loose<T[K]> : T[K] };

/** The faults of a small club (a general floor, then a balcony) with one thing changed. */
function faultsAfter(change: (plan: Loose<Plan>, balcony: Loose<SeatedSection>) => void): string[] {
  const plan = structuredClone(
    planIn(planFromTemplate({ template: 'club', seats: 400, currency: 'EUR' })),
  ) as Loose<Plan>;
  change(plan, plan.sections[1] as Loose<SeatedSection>);
  return faultsIn(checkPlan(plan as Plan));
}

describe('checkPlan', () => {
  it('finds nothing in a good plan', () => {
    expect(faultsAfter(() => {})).toEqual([]);
  });

  it('names an index out of order once, and not every one behind it', () => {
    const faults = faultsAfter((_, balcony) => {
      balcony.rows[0]!.seats[2]!.index += 1;
    });
    expect(faults).toEqual(['/sections/1/rows/0/seats/2/index index_out_of_order']);
  });

  it('names a general range that overlaps', () => {
    const faults = faultsAfter((plan) => {
      (plan.sections[0] as { capacity: number }).capacity += 1;
    });
    expect(faults).toEqual(['/sections/1/rows/0/seats/0/index index_out_of_order']);
  });

  it('names a wrong seat count', () => {
    expect(
      faultsAfter((plan) => {
        plan.seatCount = 399;
      }),
    ).toEqual(['/seatCount seat_count_wrong']);
  });

  it.each(['', 'Balcony', 'a/b', 'x'.repeat(65)])('names the id "%s"', (id) => {
    expect(
      faultsAfter((_, balcony) => {
        balcony.id = id;
      }),
    ).toEqual(['/sections/1/id id_invalid']);
  });

  it('names doubles: ids, rows, seats', () => {
    const faults = faultsAfter((plan, balcony) => {
      balcony.id = 'floor';
      balcony.rows[1]!.label = balcony.rows[0]!.label;
      balcony.rows[0]!.seats[1]!.label = balcony.rows[0]!.seats[0]!.label;
      plan.categories[1]!.id = plan.categories[0]!.id;
      for (const section of plan.sections) {
        if (section.kind === 'seated') {
          for (const row of section.rows) for (const seat of row.seats) seat.categoryId = 'standing';
        }
      }
    });
    expect(faults).toEqual([
      '/categories/1/id duplicate_id',
      '/sections/1/id duplicate_id',
      '/sections/1/rows/0/seats/1/label duplicate_seat',
      '/sections/1/rows/1/label duplicate_row',
    ]);
  });

  it('names what is unknown, not finite, empty or out of range', () => {
    const faults = faultsAfter((plan, balcony) => {
      plan.currency = 'euro';
      plan.width = 0;
      plan.focus = [Number.NaN, 0];
      plan.categories[0]!.priceMinor = -1;
      plan.categories[1]!.color = 'red';
      balcony.name = ' ';
      balcony.rows[0]!.seats[0]!.categoryId = 'gold';
      balcony.rows[0]!.seats[0]!.x = Number.POSITIVE_INFINITY;
    });
    expect(faults).toEqual([
      '/currency currency_invalid',
      '/width size_invalid',
      '/focus not_finite',
      '/categories/0/priceMinor price_invalid',
      '/categories/1/color color_invalid',
      '/sections/1/name name_missing',
      '/sections/1/rows/0/seats/0/categoryId unknown_category',
      '/sections/1/rows/0/seats/0 not_finite',
    ]);
  });
});
