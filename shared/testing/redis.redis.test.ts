import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestRedis, testRedis } from './redis.ts';
import { until } from './wait.ts';

let own: TestRedis;
beforeAll(async () => {
  own = await testRedis();
});
afterAll(() => own.close());

it('a stopped server comes back on the same port with the same data', async () => {
  await own.redis.set('kept', 'yes');
  await own.server.stop();
  await own.server.start();
  expect(await until(() => own.redis.get('kept'))).toBe('yes');
});

it('a killed server comes back empty', async () => {
  await own.redis.set('lost', 'yes');
  await own.server.kill();
  await own.server.start();
  expect(await until(async () => (await own.redis.dbsize()) === 0)).toBe(true);
});

it('a paused server answers again once it is resumed', async () => {
  own.server.pause();
  const answer = own.redis.ping();
  const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 100, 'silence'))]);
  own.server.resume();
  expect([first, await answer]).toEqual(['silence', 'PONG']);
});

it('two servers share nothing', async () => {
  const other = await testRedis();
  await own.redis.set('mine', '1');
  expect(await other.redis.get('mine')).toBeNull();
  await other.close();
});
