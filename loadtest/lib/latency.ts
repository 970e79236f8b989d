/** Times of one step, summed up as the percentiles that a reader wants. Pure. */

export type Summary = {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

/** The smallest value that at least `share` of the sorted ones do not exceed (nearest rank). */
export function percentile(sorted: Float64Array | readonly number[], share: number): number {
  if (sorted.length === 0) return 0;
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.min(sorted.length - 1, Math.max(0, rank - 1))]!;
}

/** In milliseconds with a tenth. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = Float64Array.from(samples).sort();
  const tenth = (value: number) => Math.round(value * 10) / 10;
  return {
    count: sorted.length,
    p50: tenth(percentile(sorted, 0.5)),
    p95: tenth(percentile(sorted, 0.95)),
    p99: tenth(percentile(sorted, 0.99)),
    max: tenth(sorted.at(-1) ?? 0),
  };
}
