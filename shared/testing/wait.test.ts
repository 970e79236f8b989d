import { expect, it } from 'vitest';
import { until } from './wait.ts';

it('returns the first truthy value', async () => {
  let count = 0;
  expect(await until(() => ++count === 3 && 'third', { everyMs: 1 })).toBe('third');
});

it('says what it waited for and what it saw last', async () => {
  const failing = until(() => Promise.reject(new Error('refused')), { timeoutMs: 5, what: 'the server' });
  await expect(failing).rejects.toThrow('Waited 5 ms in vain for: the server. At last it threw: refused');
});
