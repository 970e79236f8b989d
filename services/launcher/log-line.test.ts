import { expect, it } from 'vitest';
import { consoleLine } from './log-line.ts';

it('shows a warning in one line, with its cause and its fields', () => {
  const line = JSON.stringify({
    level: 40,
    time: 0,
    pid: 1,
    msg: 'a job failed\nand will be tried again',
    err: { message: 'refused', stack: 'Error: refused' },
    orderId: 'o1',
  });
  expect(consoleLine('checkout', line)).toMatch(
    /^\d\d:\d\d:\d\d checkout warning: a job failed and will be tried again: refused \(orderId=o1\)$/,
  );
});

it('leaves what is no warning to the log', () => {
  expect(consoleLine('gateway', JSON.stringify({ level: 30, time: 0, msg: 'ready' }))).toBeUndefined();
});

it('shows what Node says of a crash, without its stack', () => {
  const lines = ['Error: boom', '    at file:///main.ts:1', '', 'Node.js v22.0.0'];
  expect(lines.map((line) => consoleLine('seats', line))).toEqual([
    'seats: Error: boom',
    undefined,
    undefined,
    undefined,
  ]);
});

it('shows a line that only looks like JSON as it is', () => {
  expect(consoleLine('seats', '{ broken')).toBe('seats: { broken');
});
