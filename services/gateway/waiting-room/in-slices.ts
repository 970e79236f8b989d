import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Sliced } from '../../../shared/domain/draw/sliced.ts';

/** As long as a request may wait for a draw that is being computed. */
const SLICE_MS = 4;

/** Does the work in slices between which requests are served. */
export async function inSlices<T>(work: Sliced<T>): Promise<T> {
  let untilMs = performance.now() + SLICE_MS;
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() < untilMs) continue;
    await yieldToOthers();
    untilMs = performance.now() + SLICE_MS;
  }
}
