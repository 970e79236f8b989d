/** What one part of a run came to, whoever drove it, in the form that the report wants. */
import type { Point } from '../swarm/plan.ts';
import type { Summary } from './latency.ts';
import type { CpuSeconds } from './processes.ts';
import type { Sale } from './sales-ledger.ts';
import type { Fault } from './tally.ts';

export type PartResult = {
  readonly name: string;
  readonly title: string;
  readonly driver: 'Artillery' | 'swarm';
  readonly settings: Readonly<Record<string, string | number>>;
  readonly wallMs: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly latencies: Readonly<Record<string, Summary>>;
  readonly spans: Readonly<Record<string, number>>;
  readonly cpuSeconds: CpuSeconds;
  readonly points: readonly Point[];
  readonly faults: readonly Fault[];
  readonly sales: readonly Sale[];
};

/** What a part needs of the run that it belongs to. */
export type PartContext = {
  readonly url: string;
  /** The house's processes by name. */
  readonly family: ReadonlyMap<string, number>;
  readonly signal: AbortSignal;
  say(text: string): void;
};
