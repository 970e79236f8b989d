/** What an operator says beside a file that does not say it. */
export type ImportOptions = {
  readonly name?: string;
  /** ISO 4217; `EUR` where nobody says. */
  readonly currency?: string;
  /** For categories without a price, in minor units; `DEFAULT_PRICE_MINOR` where nobody says. */
  readonly defaultPriceMinor?: number;
  /** See `withCategories`. */
  readonly categories?: unknown;
};

export const DEFAULT_CURRENCY = 'EUR';

/** Stands until the operator sets one. Not 0: a forgotten price must not give tickets away. */
export const DEFAULT_PRICE_MINOR = 5_000;
