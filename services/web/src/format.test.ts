import { expect, it } from 'vitest';
import { countdownParts, formatCountdown, waitRange } from './format.ts';

it('counts down in what people read', () => {
  expect(formatCountdown(249_001)).toBe('4:10');
  expect(formatCountdown(3_849_000)).toBe('1:04:09');
  expect(formatCountdown(-5)).toBe('0:00');
  expect(countdownParts(90_061_000)).toEqual({ days: 1, hours: 1, minutes: 1, seconds: 1 });
});

it('is as rough about a wait as it is unsure', () => {
  expect(waitRange(20_000).unit).toBe('soon');
  expect(waitRange(200_000)).toEqual({ unit: 'minutes', from: 3, to: 4 });
  expect(waitRange(45 * 60_000)).toEqual({ unit: 'minutes', from: 45, to: 55 });
  expect(waitRange(150 * 60_000)).toEqual({ unit: 'hours', from: 2.5, to: 3 });
});
