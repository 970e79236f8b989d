import { describe, expect, it } from 'vitest';
import type { Plan, Seat } from '../domain/plan.ts';
import { bestRuns } from './best-runs.ts';
import { planIn, seatsOf } from './plan-asserts.ts';
import { planFromTemplate } from './templates/plan-from-template.ts';

const draw = (template: string, seats: number) =>
  planIn(planFromTemplate({ template, seats, currency: 'EUR' }));

/** One row of seats 20 apart, as the letters say: r restricted, w wheelchair, c companion, | a gap. */
function rowPlan(...rows: string[]): Plan {
  let index = 0;
  return {
    name: 'Rows',
    currency: 'EUR',
    width: 400,
    height: 400,
    focus: [0, 0],
    seatCount: rows.join('').replaceAll('|', '').length,
    categories: [
      { id: 'x', name: 'X', color: '#000000', priceMinor: 1 },
      { id: 'y', name: 'Y', color: '#000000', priceMinor: 2 },
    ],
    sections: [
      {
        kind: 'seated',
        id: 's',
        name: 'S',
        outline: [],
        labelAt: [0, 0],
        rows: rows.map((letters, r) => ({
          label: String(r),
          seats: Array.from(letters.matchAll(/(\|?)([xyrwc])/g), ([, gap, letter], i): Seat => {
            const traits = { r: 'restricted_view', w: 'wheelchair', c: 'companion' } as const;
            const trait = traits[letter as 'r' | 'w' | 'c'];
            return {
              index: index++,
              label: String(i),
              x: 20 * i,
              y: 20 * (r + 1),
              categoryId: letter === 'y' ? 'y' : 'x',
              ...(trait && { trait }),
              ...(gap && { gapBefore: true }),
            };
          }),
        })),
      },
    ],
    fixtures: [],
  };
}

const short = (plan: Plan) => bestRuns(plan).map((run) => `${run.first}+${run.count}`);

describe('bestRuns', () => {
  it('ends a run at a gap, another category, another kind of seat and the end of the row', () => {
    expect(short(rowPlan('xx|xxyy', 'xx')).sort()).toEqual(['0+2', '2+2', '4+2', '6+2']);
    expect(short(rowPlan('xxrrwcx')).sort()).toEqual(['0+2', '2+2', '4+2', '6+1']);
  });

  it('orders by the distance of the middle to the focus', () => {
    expect(short(rowPlan('xx|xx|xx'))).toEqual(['0+2', '2+2', '4+2']);
    expect(short(rowPlan('xxxxxx', 'xx'))).toEqual(['6+2', '0+6']);
  });

  it('puts restricted views behind ordinary seats, and accessible places last and flagged', () => {
    const runs = bestRuns(rowPlan('wc', 'rr', 'yy'));
    expect(runs.map((run) => [run.first, run.restricted, run.accessible, run.categoryIndex])).toEqual([
      [4, false, false, 1],
      [2, true, false, 0],
      [0, false, true, 0],
    ]);
  });

  it('cuts a general section into runs of at most 100 in the order of their places', () => {
    const runs = bestRuns(draw('general', 250));
    expect(runs.map((run) => [run.first, run.count])).toEqual([
      [0, 100],
      [100, 100],
      [200, 50],
    ]);
  });

  it.each(['arena', 'theatre', 'club', 'general'])('puts every seat of a %s into one run', (template) => {
    const plan = draw(template, 5_000);
    const covered = new Uint8Array(plan.seatCount);
    for (const run of bestRuns(plan)) {
      for (let seat = run.first; seat < run.first + run.count; seat += 1) covered[seat]! += 1;
    }
    expect(covered.every((times) => times === 1)).toBe(true);
  });

  it('begins in the middle of a theatre, a few rows behind the stage', () => {
    const plan = draw('theatre', 1_500);
    const best = seatsOf(plan)[bestRuns(plan)[0]!.first]!;
    expect(best.categoryId).toBe('premium');
  });

  it('gives the same order again', () => {
    expect(bestRuns(draw('arena', 3_000))).toEqual(bestRuns(draw('arena', 3_000)));
  });
});
