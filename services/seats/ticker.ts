/**
 * When frames leave. A frame costs, bytes do not: the changes of a window leave as one frame, encoded once for
 * each form, and the window follows the audience, since a bigger one takes longer to serve. After a silence the
 * first change leaves at once.
 */
import { performance } from 'node:perf_hooks';
import type { Audience } from './audience.ts';
import { encodeFrame, type Frame, type MapMirror } from './map-mirror.ts';
import type { SeatsMetrics } from './metrics.ts';

const WINDOW_MS_MIN = 16;
/** A window this much longer than the fan-out leaves a fifth of the loop to holds. */
const WINDOW_PER_FAN_OUT = 1.25;

export class Ticker {
  readonly #mirror: MapMirror;
  readonly #audience: Audience;
  readonly #metrics: SeatsMetrics;
  readonly #publish: (shard: number, frame: string | Uint8Array) => void;
  #windowMs = WINDOW_MS_MIN;
  #lastMs = -Infinity;
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #fanningOut = false;
  #stopped = false;
  #waiting: (() => void)[] = [];

  constructor(
    mirror: MapMirror,
    audience: Audience,
    metrics: SeatsMetrics,
    publish: (shard: number, frame: string | Uint8Array) => void,
  ) {
    this.#mirror = mirror;
    this.#audience = audience;
    this.#metrics = metrics;
    this.#publish = publish;
  }

  /** There is something to tell. */
  wake(): void {
    if (this.#timer !== undefined || this.#fanningOut || this.#stopped) return;
    const waitMs = this.#lastMs + this.#windowMs - performance.now();
    // At once still means after all lines that are already here.
    this.#timer = waitMs > 0 ? setTimeout(() => this.#tick(), waitMs) : setImmediate(() => this.#tick());
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer as NodeJS.Timeout);
    clearImmediate(this.#timer as NodeJS.Immediate);
  }

  /**
   * Runs when no frame is on its way, so that whoever joins with a snapshot hears exactly the frames after it
   * and not the one that is just going round.
   */
  whenIdle(action: () => void): void {
    if (this.#fanningOut) this.#waiting.push(action);
    else action();
  }

  encode(frame: Frame, binary: boolean): string | Uint8Array {
    return encodeFrame(frame, binary);
  }

  async #tick(): Promise<void> {
    this.#timer = undefined;
    const frame = this.#mirror.takeFrame();
    if (frame === undefined || this.#stopped) return;
    this.#fanningOut = true;
    const startedMs = performance.now();
    const forms = new Map<boolean, string | Uint8Array>();
    let first = true;
    for (const { shard, binary } of this.#audience.shards()) {
      if (!first) await new Promise((resolve) => setImmediate(resolve));
      first = false;
      let encoded = forms.get(binary);
      if (encoded === undefined) {
        encoded = encodeFrame(frame, binary);
        forms.set(binary, encoded);
      }
      this.#publish(shard, encoded);
    }
    const fanOutMs = performance.now() - startedMs;
    this.#fanningOut = false;
    this.#lastMs = startedMs;
    this.#windowMs = Math.max(WINDOW_MS_MIN, WINDOW_PER_FAN_OUT * fanOutMs);
    this.#metrics.frames.inc();
    this.#metrics.changes.inc(frame.changes.size);
    this.#metrics.deliveries.inc(this.#audience.size);
    this.#metrics.fanOut.observe(fanOutMs / 1_000);
    this.#metrics.window.set(this.#windowMs / 1_000);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const action of waiting) action();
    if (this.#mirror.hasPending) this.wake();
  }
}
