/**
 * The house's clock. Deadlines are the server's, and a visitor's own clock may be minutes off, so every
 * countdown asks here.
 *
 * A Date header has whole seconds: it says that the server's clock was between it and a second later at some
 * moment between asking and answering. Each answer narrows the offset; a welcome of the socket settles it.
 */
let lowMs = Number.NEGATIVE_INFINITY;
let highMs = Number.POSITIVE_INFINITY;

/** Takes an answer's Date header into account. */
export function noteDate(dateMs: number, askedAtMs: number, cameAtMs: number): void {
  if (!Number.isFinite(dateMs)) return;
  const low = dateMs - cameAtMs;
  const high = dateMs + 1_000 - askedAtMs;
  if (low > highMs || high < lowMs) {
    // The clocks moved against each other (a laptop that slept): begin anew.
    lowMs = low;
    highMs = high;
    return;
  }
  lowMs = Math.max(lowMs, low);
  highMs = Math.min(highMs, high);
}

/** Takes a time that the server told to the millisecond. */
export function noteServerTime(serverTimeMs: number): void {
  const offset = serverTimeMs - Date.now();
  lowMs = offset - 50;
  highMs = offset + 50;
}

/** What the house's clock shows now, as far as is known. */
export function serverNowMs(): number {
  if (!Number.isFinite(lowMs) || !Number.isFinite(highMs)) return Date.now();
  // No correction for clocks that may well agree: half a second of guessing is worse than none.
  if (lowMs <= 0 && highMs >= 0) return Date.now();
  return Date.now() + Math.round((lowMs + highMs) / 2);
}

/** For tests. */
export function forgetClock(): void {
  lowMs = Number.NEGATIVE_INFINITY;
  highMs = Number.POSITIVE_INFINITY;
}
