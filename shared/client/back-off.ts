/**
 * How long to wait before coming back. Full jitter: a wait is drawn evenly between nothing and a bound that
 * doubles with each failure, because clients that lost one server together must not return together.
 */

/** The bound after the first failure. */
export const BACK_OFF_FIRST_MS = 500;
/** The bound never grows past this: a house that is back is noticed within it. */
export const BACK_OFF_MAX_MS = 15_000;

/**
 * @param failures how many attempts failed in a row, from 1.
 * @param random in [0, 1); a test gives its own.
 */
export function backOffMs(failures: number, random: () => number = Math.random): number {
  const bound = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return Math.floor(random() * bound);
}
