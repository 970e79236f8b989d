import { expect, it } from 'vitest';
import { parseSeats } from './parse-seats.ts';

it('reads numbers and ranges, in order and once each', () => {
  expect(parseSeats('5-7, 1;6  0')).toEqual([0, 1, 5, 6, 7]);
});

it.each(['', '  ', 'x', '3-', '7-5', '-1', '1.5', '0-100000'])('does not guess at %o', (text) => {
  expect(parseSeats(text)).toBeUndefined();
});
