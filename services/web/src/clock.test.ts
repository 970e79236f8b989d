import { afterEach, expect, it, vi } from 'vitest';
import { forgetClock, noteDate, noteServerTime, serverNowMs } from './clock.ts';

afterEach(() => {
  forgetClock();
  vi.useRealTimers();
});

it('leaves a clock alone that may well be right', () => {
  vi.useFakeTimers({ now: 1_000_400 });
  noteDate(1_000_000, 1_000_300, 1_000_400);
  expect(serverNowMs()).toBe(1_000_400);
});

it('corrects one that is minutes off, closer with each answer', () => {
  vi.useFakeTimers({ now: 1_000_000 });
  noteDate(1_120_000, 999_900, 1_000_000);
  expect(Math.abs(serverNowMs() - 1_120_500)).toBeLessThan(600);
  noteServerTime(1_120_700);
  expect(Math.abs(serverNowMs() - 1_120_700)).toBeLessThan(60);
});

it('begins anew where the clocks moved against each other', () => {
  vi.useFakeTimers({ now: 2_000_000 });
  noteServerTime(1_000_000);
  noteDate(2_000_000, 1_999_990, 2_000_010);
  expect(serverNowMs()).toBe(2_000_000);
});
