/**
 * What happened, counted, and what must not happen, with a few examples of each. A run fails when there is one fault;
 * a fault is named by a sentence that says what was seen.
 */
import { type Summary, summarize } from './latency.ts';

export type Fault = { readonly what: string; readonly count: number; readonly examples: readonly string[] };

const EXAMPLES_MAX = 3;

export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #faults = new Map<string, { count: number; examples: string[] }>();
  readonly #samples = new Map<string, number[]>();

  count(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  countOf(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  fault(what: string, example = ''): void {
    const known = this.#faults.get(what) ?? { count: 0, examples: [] };
    known.count += 1;
    if (example !== '' && known.examples.length < EXAMPLES_MAX) known.examples.push(example.slice(0, 300));
    this.#faults.set(what, known);
  }

  /** How long a step took. */
  time(step: string, ms: number): void {
    const samples = this.#samples.get(step);
    if (samples === undefined) this.#samples.set(step, [ms]);
    else samples.push(ms);
  }

  get counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  get faults(): Fault[] {
    return [...this.#faults].map(([what, { count, examples }]) => ({ what, count, examples }));
  }

  get latencies(): Record<string, Summary> {
    return Object.fromEntries([...this.#samples].map(([step, samples]) => [step, summarize(samples)]));
  }
}
