import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LONGEST_MS, RetryLater, retryDelayMs } from './retry-later.ts';

it('CK12 tries come exponentially later, with jitter, never further apart than five seconds', () => {
  const at = (attempt: number, random: number) =>
    retryDelayMs(attempt, new Error(), 0, LONGEST_MS.orders, () => random);
  expect([1, 2, 3, 4, 5, 6, 60].map((attempt) => at(attempt, 1))).toEqual([
    250, 500, 1000, 2000, 4000, 5000, 5000,
  ]);
  expect([1, 2, 3].map((attempt) => at(attempt, 0))).toEqual([125, 250, 500]);
});

it('CK14 a try comes no later than the moment at which the time of the order is over', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: -10_000, max: 10_000 }),
      (attempt, left) => {
        const delay = retryDelayMs(attempt, new RetryLater('unknown', 1_000_000 + left), 1_000_000);
        expect(delay).toBeGreaterThanOrEqual(1);
        if (left > 0) expect(delay).toBeLessThanOrEqual(left);
      },
    ),
  );
});
