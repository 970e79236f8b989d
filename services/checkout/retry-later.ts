/**
 * Trying again: exponentially later, with jitter so that those who failed together do not come back together,
 * and never later than the moment at which the order's time is over.
 */

const FIRST_MS = 250;
/** The longest wait between two tries, by what is tried: a payment has minutes, a mail has days. */
export const LONGEST_MS = { orders: 5_000, tickets: 30_000, mails: 300_000 } as const;

/** Not a failure: nothing is known yet. `untilMs` is the latest moment for the next try. */
export class RetryLater extends Error {
  readonly untilMs: number | undefined;
  constructor(why: string, untilMs?: number, cause?: unknown) {
    super(why, { cause });
    this.name = 'RetryLater';
    this.untilMs = untilMs;
  }
}

/** How long to wait before the next try, `attemptsMade` tries having been made. BullMQ's backoff strategy. */
export function retryDelayMs(
  attemptsMade: number,
  error: unknown,
  nowMs: number,
  longestMs: number = LONGEST_MS.orders,
  random = Math.random,
): number {
  const grown = Math.min(longestMs, FIRST_MS * 2 ** Math.min(attemptsMade - 1, 16));
  const delay = grown * (0.5 + random() / 2);
  const untilMs = error instanceof RetryLater ? error.untilMs : undefined;
  const left = untilMs === undefined || untilMs <= nowMs ? Number.POSITIVE_INFINITY : untilMs - nowMs;
  return Math.max(1, Math.ceil(Math.min(delay, left)));
}
