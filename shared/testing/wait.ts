import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait, how often to look, and for what (said when it does not come). */
export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  readonly what?: string;
}

/**
 * Waits until `condition` gives something truthy and returns that. It may throw while it is not met. After `timeoutMs`
 * (5,000) it fails with what was waited for and what was seen last. For tests that cannot listen for an event.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 5_000, everyMs = 10, what = String(condition) }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadlineMs = performance.now() + timeoutMs;
  let seen: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      seen = value;
    } catch (error) {
      seen = error;
    }
    if (performance.now() > deadlineMs) break;
    await sleep(everyMs);
  }
  const last = seen instanceof Error ? `it threw: ${seen.message}` : `it gave: ${JSON.stringify(seen)}`;
  throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}. At last ${last}`, { cause: seen });
}
