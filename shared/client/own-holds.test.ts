import { expect, it } from 'vitest';
import { OwnHolds } from './own-holds.ts';

it('follows a hold that grows, shrinks and ends', () => {
  const holds = new OwnHolds();
  holds.grant({ holdId: 'a', seats: [1], expiresAtMs: 10 });
  holds.grant({ holdId: 'a', seats: [1, 2], expiresAtMs: 10 });
  expect(holds.holdOf(2)?.holdId).toBe('a');
  holds.end({ holdId: 'a', seats: [1] });
  expect(holds.list()).toEqual([{ holdId: 'a', seats: [2], expiresAtMs: 10 }]);
  holds.end({ holdId: 'a', seats: [2] });
  holds.end({ holdId: 'unknown', seats: [2] });
  expect(holds.list()).toEqual([]);
});

it('forgets what a welcome does not tell', () => {
  const holds = new OwnHolds();
  holds.grant({ holdId: 'a', seats: [1], expiresAtMs: 10 });
  holds.replaceAll([{ holdId: 'b', seats: [3], expiresAtMs: 20 }]);
  expect(holds.get('a')).toBeUndefined();
  expect(holds.holdOf(3)?.holdId).toBe('b');
});
