/** What the swarm is told to do and what it tells back: the messages between `run.mjs` and the process that drives the load. */
import type { Summary } from '../lib/latency.ts';
import type { Sale } from '../lib/sales-ledger.ts';
import type { Fault } from '../lib/tally.ts';

/** A sale: visitors arrive, wait, enter, watch the map; some of them buy. */
export type SalePlan = {
  readonly kind: 'sale';
  readonly gatewayUrl: string;
  readonly events: readonly number[];
  readonly visitors: number;
  /** All of them join within this time, evenly. */
  readonly joinMs: number;
  /** `connected`: purchases begin when nobody is on the way in any more; `at-once`: each as soon as it is inside. */
  readonly buyFrom: 'connected' | 'at-once';
  /** Purchases spread over this time. */
  readonly saleMs: number;
  /** How many of the visitors want to buy; the others only watch. */
  readonly buyers: number;
  /** The run is over when so many orders are paid, whoever still waits. */
  readonly ordersMax: number;
  readonly seatsMax: number;
  /** Share of the buyers whose first card is declined; they pay with another. */
  readonly declinedShare: number;
  readonly pollMs: number;
  readonly deadlineMs: number;
  /** Number of the first visitor's address. */
  readonly firstAddress: number;
};

/** A rush: many purchases in one call, all at the same moment, for fewer seats. */
export type RushPlan = {
  readonly kind: 'rush';
  readonly gatewayUrl: string;
  readonly eventId: number;
  readonly requests: number;
  readonly firstAddress: number;
};

export type Plan = SalePlan | RushPlan;

/** One point of the chart. */
export type Point = {
  readonly atMs: number;
  readonly joined: number;
  readonly admitted: number;
  readonly sockets: number;
  readonly ordered: number;
  readonly paid: number;
};

export type SwarmResult = {
  readonly counts: Record<string, number>;
  readonly latencies: Record<string, Summary>;
  readonly faults: readonly Fault[];
  readonly sales: readonly Sale[];
  /** Durations of stretches of the run, in ms, by name. */
  readonly spans: Record<string, number>;
};

export type FromSwarm =
  | { readonly type: 'point'; readonly point: Point }
  | { readonly type: 'result'; readonly result: SwarmResult };

/**
 * An address of the range that RFC 2544 sets aside for benchmarks, 198.18.0.0/15: it is nobody's, and the limits by
 * address take each visitor for a house of its own.
 */
export function visitorAddress(number: number): string {
  const host = number % 131_072;
  return `198.${18 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`;
}
