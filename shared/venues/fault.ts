/**
 * What is wrong with a venue that somebody handed in. A fault is data, not an exception: an operator who
 * uploads a plan wants to read all of them at once, each with the place to look at.
 */

import type { Plan } from '../domain/plan.ts';

export type Fault = {
  /** Where: a JSON pointer (`/zones/0/rows/2`), or `line 12` in a CSV file. Empty means the whole input. */
  readonly path: string;
  /** Stable and snake_case, for programs. */
  readonly code: string;
  /** For people. */
  readonly message: string;
};

export type PlanResult = { readonly plan: Plan } | { readonly faults: readonly Fault[] };

/** More than anybody reads; past it a file is of the wrong kind and the answer must stay small. */
export const FAULTS_MAX = 1_000;

/** Gathers faults in the order found and stops remembering at `FAULTS_MAX`, saying so. */
export class FaultList {
  readonly #faults: Fault[] = [];
  #count = 0;

  add(path: string, code: string, message: string): void {
    this.#count += 1;
    if (this.#faults.length < FAULTS_MAX) this.#faults.push({ path, code, message });
  }

  addAll(faults: readonly Fault[]): void {
    for (const fault of faults) this.add(fault.path, fault.code, fault.message);
  }

  /** How many were found, those not remembered included. */
  get count(): number {
    return this.#count;
  }

  list(): readonly Fault[] {
    if (this.#count <= FAULTS_MAX) return this.#faults;
    const more = this.#count - FAULTS_MAX;
    return [...this.#faults, { path: '', code: 'more_faults', message: `and ${more} more faults` }];
  }
}

/** A result of one fault, where there is nothing more to look at. */
export function refuse(path: string, code: string, message: string): { faults: readonly Fault[] } {
  return { faults: [{ path, code, message }] };
}
