/** A rate limit that allows bursts: `depth` tokens, refilled at `perSecond`. Who empties it waits `cooldownMs`. */
export class TokenBucket {
  readonly #depth: number;
  readonly #perSecond: number;
  readonly #cooldownMs: number;
  #tokens: number;
  #atMs = performance.now();
  #coolUntilMs = 0;

  constructor(depth: number, perSecond: number, cooldownMs = 0) {
    this.#depth = depth;
    this.#perSecond = perSecond;
    this.#cooldownMs = cooldownMs;
    this.#tokens = depth;
  }

  /** Takes a token; false where there is none. */
  take(nowMs = performance.now()): boolean {
    this.#tokens = Math.min(this.#depth, this.#tokens + ((nowMs - this.#atMs) * this.#perSecond) / 1_000);
    this.#atMs = nowMs;
    if (nowMs < this.#coolUntilMs) return false;
    if (this.#tokens < 1) {
      this.#coolUntilMs = nowMs + this.#cooldownMs;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  /** Whether it is as full as if it had never been used, so that it may be forgotten. */
  isFull(nowMs = performance.now()): boolean {
    const tokens = this.#tokens + ((nowMs - this.#atMs) * this.#perSecond) / 1_000;
    return nowMs >= this.#coolUntilMs && tokens >= this.#depth;
  }
}

/** A bucket a key. Full ones are forgotten now and then, so that it holds only those who were here lately. */
export class KeyedBuckets {
  static readonly #SWEEP_AT = 10_000;
  readonly #depth: number;
  readonly #perSecond: number;
  readonly #cooldownMs: number;
  readonly #buckets = new Map<string, TokenBucket>();
  #sweepAt = KeyedBuckets.#SWEEP_AT;

  constructor(depth: number, perSecond: number, cooldownMs = 0) {
    this.#depth = depth;
    this.#perSecond = perSecond;
    this.#cooldownMs = cooldownMs;
  }

  take(key: string): boolean {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#sweepAt) this.#sweep();
      bucket = new TokenBucket(this.#depth, this.#perSecond, this.#cooldownMs);
      this.#buckets.set(key, bucket);
    }
    return bucket.take();
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(key);
    this.#sweepAt = Math.max(KeyedBuckets.#SWEEP_AT, this.#buckets.size * 2);
  }
}
