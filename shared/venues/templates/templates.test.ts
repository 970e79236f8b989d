import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeatedSection } from '../../domain/plan.ts';
import { SEATS_PER_EVENT_MAX } from '../../domain/plan.ts';
import { checkPlan } from '../check-plan.ts';
import { closestSeats, faultsIn, planIn, seatsOf, strays } from '../plan-asserts.ts';
import { planFromTemplate, TEMPLATE_NAMES, type TemplateName } from './plan-from-template.ts';

const draw = (template: TemplateName, seats: number) =>
  planIn(planFromTemplate({ template, seats, currency: 'EUR' }));

/** Seats are drawn with a radius of 8; nearer than this they would touch. */
const CLOSEST = 14;

describe.each(TEMPLATE_NAMES)('template %s', (template) => {
  it.each([1, 2, 3, 7, 10, 60, 119, 120, 249, 250, 299, 300, 400, 599, 600, 1_500, 2_500, 20_000, 45_000])(
    '%i seats: exactly so many, no faults, none touches another',
    (seats) => {
      const plan = draw(template, seats);
      expect(plan.seatCount).toBe(seats);
      expect(checkPlan(plan)).toEqual([]);
      expect(closestSeats(plan)).toBeGreaterThan(CLOSEST);
      expect(strays(plan)).toEqual([]);
    },
  );

  it('draws the largest house, with no faults', () => {
    const plan = draw(template, SEATS_PER_EVENT_MAX);
    expect(plan.seatCount).toBe(SEATS_PER_EVENT_MAX);
    expect(checkPlan(plan)).toEqual([]);
    expect(closestSeats(plan)).toBeGreaterThan(CLOSEST);
  });

  it('is right for any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6_000 }), (seats) => {
        const plan = draw(template, seats);
        expect(plan.seatCount).toBe(seats);
        expect(checkPlan(plan)).toEqual([]);
        expect(closestSeats(plan)).toBeGreaterThan(CLOSEST);
        expect(strays(plan)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('draws the same house again', () => {
    expect(draw(template, 777)).toEqual(draw(template, 777));
  });
});

describe('arena', () => {
  const plan = draw('arena', 20_000);
  const ids = plan.sections.map((section) => section.id);

  it('has floor blocks, a lower tier from 101 and an upper one from 201', () => {
    expect(ids[0]).toBe('floor-a1');
    expect(ids).toContain('101');
    expect(ids).toContain('201');
  });

  it('sells seats beside the stage as restricted and cheaper', () => {
    const restricted = seatsOf(plan).filter((seat) => seat.trait === 'restricted_view');
    expect(restricted.length).toBeGreaterThan(500);
    expect(new Set(restricted.map((seat) => seat.categoryId))).toEqual(new Set(['side-stage']));
  });

  it('puts each wheelchair space beside a companion', () => {
    const accessible = seatsOf(plan).filter((s) => s.trait === 'wheelchair' || s.trait === 'companion');
    expect(accessible.length).toBeGreaterThanOrEqual(60);
    for (const [i, seat] of accessible.entries()) {
      expect(seat.trait).toBe(i % 2 === 0 ? 'wheelchair' : 'companion');
    }
  });

  it('mirrors its left half', () => {
    const middle = plan.focus[0];
    const outer = (side: 1 | -1) =>
      seatsOf(plan).reduce((most, seat) => Math.max(most, side * (seat.x - middle)), 0);
    expect(outer(1)).toBeCloseTo(outer(-1), 0);
  });

  it('seats people from left to right, looked at from the seats towards the stage', () => {
    const rear = plan.sections.find((section): section is SeatedSection => section.id === '110');
    const [first, second] = rear!.rows[0]!.seats;
    expect(second!.x).toBeGreaterThan(first!.x);
  });
});

describe('theatre', () => {
  const plan = draw('theatre', 1_500);

  it('has stalls, circle, balcony and boxes', () => {
    const names = plan.sections.map((section) => section.name);
    expect(names.slice(0, 3)).toEqual(['Stalls', 'Dress circle', 'Balcony']);
    expect(names.filter((name) => name.startsWith('Box')).length).toBeGreaterThanOrEqual(4);
  });

  it('never calls a row I or O', () => {
    for (const section of plan.sections) {
      if (section.kind === 'seated') for (const row of section.rows) expect(row.label).not.toMatch(/[IO]/);
    }
  });

  it('cuts rows into three blocks', () => {
    const [stalls] = plan.sections as [SeatedSection];
    for (const row of stalls.rows) expect(row.seats.filter((seat) => seat.gapBefore)).toHaveLength(2);
  });
});

describe('club', () => {
  it('is mostly one pool of standing places', () => {
    const [floor, ...balcony] = draw('club', 800).sections;
    expect(floor).toMatchObject({ kind: 'general', firstIndex: 0, capacity: 680 });
    expect(balcony.every((section) => section.kind === 'seated')).toBe(true);
  });
});

describe('planFromTemplate', () => {
  it('has a usual size for each template', () => {
    expect(planIn(planFromTemplate({ template: 'theatre', currency: 'CHF' }))).toMatchObject({
      seatCount: 1_500,
      currency: 'CHF',
    });
  });

  it.each([0, -1, 1.5, 100_001, '10', null, Number.NaN])('refuses %s seats', (seats) => {
    const result = planFromTemplate({ template: 'arena', seats: seats ?? 'null', currency: 'EUR' });
    expect(faultsIn(result)).toEqual(['/seats seats_out_of_range']);
  });

  it.each(['stadium', 'toString', '__proto__', 3])('refuses the template %s', (template) => {
    const result = planFromTemplate({ template, seats: 5, currency: 'EUR' });
    expect(faultsIn(result)).toEqual(['/template unknown_template']);
  });
});
