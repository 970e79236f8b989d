/** Attempts per key, each key's minute beginning with its first. */

export const WINDOW_MS = 60_000;

export type Attempts = { readonly count: number; readonly endsInMs: number };
type Counted = { count: number; readonly endsAtMs: number };

/** Two maps that take turns forget the old ones without a timer. */
export class AttemptWindow {
  #young = new Map<string, Counted>();
  #old = new Map<string, Counted>();
  #turnAtMs = 0;

  /** Counts one more attempt of a key, and says how many there were in its minute. */
  count(key: string, nowMs: number): Attempts {
    if (nowMs >= this.#turnAtMs) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turnAtMs = nowMs + WINDOW_MS;
    }
    let counted = this.#young.get(key) ?? this.#old.get(key);
    if (counted === undefined || counted.endsAtMs <= nowMs) {
      counted = { count: 0, endsAtMs: nowMs + WINDOW_MS };
      this.#young.set(key, counted);
    }
    counted.count++;
    return { count: counted.count, endsInMs: counted.endsAtMs - nowMs };
  }

  /** Undoes one count of a key: it was none. */
  takeBack(key: string, nowMs: number): void {
    const counted = this.#young.get(key) ?? this.#old.get(key);
    if (counted !== undefined && counted.endsAtMs > nowMs) counted.count = Math.max(0, counted.count - 1);
  }
}
