import { expect, it } from 'vitest';
import { parseRoute } from './router.ts';

it.each([
  ['/', { page: 'events' }],
  ['/e/7', { page: 'event', eventId: 7 }],
  ['/e/seven', { page: 'nothing' }],
  ['/orders/abc', { page: 'order', orderId: 'abc' }],
  ['/login/', { page: 'login' }],
  ['/docs', { page: 'nothing' }],
])('%s', (path, route) => {
  expect(parseRoute(path)).toEqual(route);
});
