/** Doublings from the start of the search; 2^40 times the smallest house is far past every limit. */
const DOUBLINGS_MAX = 40;

/** Halvings of the last doubling: what is left of it is a fraction of a seat in the largest house. */
const HALVINGS = 13;

/** Enough to learn how many sections a house has. */
const HALVINGS_ROUGH = 4;

export type ScaleSearch = {
  readonly seats: number;
  /** Where to start, in the template's own unit; the nearer, the fewer houses are drawn. */
  readonly from: number;
  /** Seats at a scale. Should grow with it; with small dents the answer is still enough. */
  readonly capacityAt: (scale: number) => number;
  readonly rough?: true;
};

/**
 * The smallest scale that is enough, to within 1 / 8,192 of it (1 / 16 where `rough`).
 *
 * @throws Error when no scale is enough, which is a mistake in a template.
 */
export function fitScale({ seats, from, capacityAt, rough }: ScaleSearch): number {
  let low = from;
  let high = from;
  // A start that is already too large is as good as one that is too small: walk down from it.
  for (let i = 0; i < DOUBLINGS_MAX && capacityAt(low) >= seats; i += 1) {
    high = low;
    low *= 0.8;
  }
  for (let i = 0; capacityAt(high) < seats; i += 1) {
    if (i === DOUBLINGS_MAX) throw new Error(`no scale of this template holds ${seats} seats`);
    low = high;
    high *= i < 4 ? 1.25 : 2;
  }
  for (let i = 0; i < (rough ? HALVINGS_ROUGH : HALVINGS); i += 1) {
    const middle = (low + high) / 2;
    if (capacityAt(middle) < seats) low = middle;
    else high = middle;
  }
  return high;
}
