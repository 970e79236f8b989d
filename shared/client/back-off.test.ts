import { expect, it } from 'vitest';
import { BACK_OFF_FIRST_MS, BACK_OFF_MAX_MS, backOffMs } from './back-off.ts';

it('PR10 doubles its bound up to the largest, and draws from all of it', () => {
  const almostOne = () => 0.999_999;
  expect(backOffMs(1, almostOne)).toBe(BACK_OFF_FIRST_MS - 1);
  expect(backOffMs(2, almostOne)).toBe(BACK_OFF_FIRST_MS * 2 - 1);
  expect(backOffMs(500, almostOne)).toBe(BACK_OFF_MAX_MS - 1);
  expect(backOffMs(500, () => 0)).toBe(0);
});
