import { describe, expect, it } from 'vitest';
import type { SeatedSection } from '../../domain/plan.ts';
import { bestRuns } from '../best-runs.ts';
import { faultsIn, planIn, seatsOf } from '../plan-asserts.ts';
import { importPretixPlan } from './import-pretix-plan.ts';
import sample from './sample-plan.json' with { type: 'json' };

type Sample = typeof sample;

/** The faults of the sample after a change to it. */
function faultsAfter(change: (plan: Sample) => void): string[] {
  const plan = structuredClone(sample);
  change(plan);
  return faultsIn(importPretixPlan(plan));
}

describe('importPretixPlan', () => {
  const plan = planIn(importPretixPlan(sample));

  it('makes zones sections, in the order of the file', () => {
    expect(plan).toMatchObject({ name: 'Kleines Haus', currency: 'EUR', seatCount: 12 });
    expect(plan.sections.map((section) => [section.id, section.name])).toEqual([
      ['parkett', 'Parkett'],
      ['rang', 'Rang'],
    ]);
    expect(
      seatsOf(plan)
        .map((seat) => seat.label)
        .join(''),
    ).toBe('123451234123');
  });

  it('adds up the positions of zone, row and seat', () => {
    const [a1, a2] = seatsOf(plan);
    const rang = seatsOf(plan)[9];
    expect([a2!.x - a1!.x, a2!.y - a1!.y]).toEqual([25, 2.5]);
    expect([rang!.x - a1!.x, rang!.y - a1!.y]).toEqual([0, 140]);
  });

  it('makes rows of one number one row, with a gap at each aisle', () => {
    const [parkett] = plan.sections as [SeatedSection];
    expect(parkett.rows.map((row) => row.label)).toEqual(['A', 'B']);
    expect(
      seatsOf(plan)
        .filter((seat) => seat.gapBefore)
        .map((seat) => seat.index),
    ).toEqual([3, 7]);
    expect(
      bestRuns(plan)
        .map((run) => run.count)
        .sort(),
    ).toEqual([2, 2, 2, 3, 3]);
  });

  it('makes ids of names, takes over colours that are hexadecimal, and sets the default price', () => {
    const priced = planIn(importPretixPlan(sample, { defaultPriceMinor: 700 }));
    expect(priced.categories).toMatchObject([
      { id: 'parkett', color: '#11cc77', priceMinor: 700 },
      { id: 'range-logen', color: '#e8590c', priceMinor: 700 },
    ]);
  });

  it('takes prices by the name of a category', () => {
    const priced = planIn(importPretixPlan(sample, { categories: [{ name: 'Parkett', priceMinor: 900 }] }));
    expect(priced.categories.map((category) => category.priceMinor)).toEqual([900, 5_000]);
  });

  it('draws areas, and wants seats close to the stage', () => {
    expect(plan.fixtures.map((fixture) => [fixture.kind, fixture.text])).toEqual([
      ['stage', 'Bühne'],
      ['label', 'Garderobe'],
      ['shape', undefined],
    ]);
    const a1 = seatsOf(plan)[0]!;
    expect(plan.focus[1] - a1.y).toBe(-40);
  });

  it('turns an area around its position', () => {
    const turned = structuredClone(sample);
    turned.zones[0]!.areas![0]!.rotation = 90;
    const stage = planIn(importPretixPlan(turned)).fixtures[0]!;
    const [corner, right] = stage.outline!;
    expect([right![0] - corner![0], right![1] - corner![1]]).toEqual([0, 135]);
  });

  it('scales a plan of other units to seats 20 apart', () => {
    const small = structuredClone(sample);
    for (const zone of small.zones) {
      for (const row of zone.rows) for (const seat of row.seats) seat.position.x /= 10;
    }
    const [a1, a2] = seatsOf(planIn(importPretixPlan(small)));
    expect(Math.hypot(a2!.x - a1!.x, a2!.y - a1!.y)).toBeGreaterThan(14);
  });

  it('names every fault of the shape, and those of the content with them', () => {
    const faults = faultsAfter((plan) => {
      const broken = plan as unknown as Record<string, unknown>;
      delete broken.size;
      broken.extra = 1;
      const [a, b, c] = plan.zones[0]!.rows[0]!.seats as unknown as Record<string, unknown>[];
      delete a!.seat_guid;
      b!.position = { x: 'left', y: Number.POSITIVE_INFINITY };
      c!.category = 'Gold';
      (plan.zones[0]!.rows[1] as Record<string, unknown>).row_number_position = 'left';
    });
    expect(faults.sort()).toEqual([
      '/extra unknown_property',
      '/size missing',
      '/zones/0/rows/0/seats/0/seat_guid missing',
      '/zones/0/rows/0/seats/1/position/x wrong_type',
      '/zones/0/rows/0/seats/1/position/y not_finite',
      '/zones/0/rows/0/seats/2/category unknown_category',
      '/zones/0/rows/1/row_number_position unknown_value',
    ]);
  });

  it('names far more faults than a validator stops at', () => {
    const plan = structuredClone(sample);
    const row = plan.zones[1]!.rows[0]!;
    row.seats = Array.from({ length: 50 }, (_, i) => ({
      ...row.seats[0]!,
      seat_guid: `g${i}`,
      seat_number: `${i}`,
      position: { x: 'x', y: 0 } as never,
    }));
    expect(faultsIn(importPretixPlan(plan))).toHaveLength(50);
  });

  it('names ids that are there twice or empty', () => {
    const faults = faultsAfter((plan) => {
      plan.zones[1]!.rows[0]!.seats[0]!.seat_guid = 'p-a-1';
      plan.zones[1]!.rows[0]!.seats[1]!.seat_guid = '';
    });
    expect(faults).toEqual([
      '/zones/1/rows/0/seats/0/seat_guid duplicate_guid',
      '/zones/1/rows/0/seats/1/seat_guid guid_missing',
    ]);
  });

  it('names rows, zones and seats whose names would be on two tickets', () => {
    expect(
      faultsAfter((plan) => {
        plan.zones[0]!.rows[1]!.row_number = 'A';
      }),
    ).toEqual(['/zones/0/rows/1/row_number duplicate_row']);
    expect(
      faultsAfter((plan) => {
        plan.zones[1]!.name = 'Parkett';
      }),
    ).toEqual(['/zones/1/name duplicate_zone']);
    expect(
      faultsAfter((plan) => {
        plan.zones[1]!.rows[0]!.seats[1]!.seat_number = '1';
      }),
    ).toEqual(['/zones/1/rows/0/seats/1/seat_number duplicate_seat']);
  });

  it('names categories that are there twice, and plans without seats or with too many', () => {
    expect(
      faultsAfter((plan) => {
        plan.categories.push({ name: 'Parkett', color: '#000000' });
      }),
    ).toEqual(['/categories/2/name duplicate_category']);
    expect(
      faultsAfter((plan) => {
        plan.zones = [];
      }),
    ).toEqual(['/zones no_seats']);
    const many = structuredClone(sample);
    const row = many.zones[1]!.rows[0]!;
    row.seats = Array.from({ length: 100_001 }, (_, i) => ({
      ...row.seats[0]!,
      seat_guid: `g${i}`,
      seat_number: `${i}`,
    }));
    expect(faultsIn(importPretixPlan(many))).toEqual(['/zones too_many_seats']);
  });

  it.each([null, 3, 'x', [], {}])('refuses %j without throwing', (json) => {
    expect(faultsIn(importPretixPlan(json)).length).toBeGreaterThan(0);
  });
});
