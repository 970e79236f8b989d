/** The sizes of a run: what each part does, as figures. Pure. */
import type { LoadOptions } from './options.ts';

export type ArtilleryFigures = { readonly arrivalsPerSecond: number; readonly durationS: number };
export type SaleFigures = {
  readonly name: string;
  readonly title: string;
  readonly visitors: number;
  /** The capacity of fresh events, all together. */
  readonly connections: number;
  readonly joinS: number;
  readonly saleS: number;
  readonly buyFrom: 'connected' | 'at-once';
  readonly buyers: number;
  readonly ordersMax: number;
  readonly seatsMax: number;
  readonly pollMs: number;
  readonly deadlineS: number;
  readonly declinedShare: number;
};
export type RushFigures = { readonly requests: number; readonly seats: number };

export type Figures = {
  readonly artillery: ArtilleryFigures | undefined;
  readonly sales: readonly SaleFigures[];
  readonly rush: RushFigures | undefined;
};

const DECLINED_SHARE = 0.03;
/** One in ten only watches: the map is looked at until the end. */
const BUYING_SHARE = 0.9;

/** A sale in which as many as there is room for come in first and then buy. */
function audienceSale(connections: number, durationS: number): SaleFigures {
  const joinS = Math.min(10, durationS / 3);
  const buyers = Math.ceil(connections * BUYING_SHARE);
  return {
    name: 'audience',
    title: `A sale before ${connections} open sockets`,
    visitors: connections,
    connections,
    joinS,
    saleS: Math.max(1, durationS - joinS),
    buyFrom: 'connected',
    buyers,
    ordersMax: Number.MAX_SAFE_INTEGER,
    seatsMax: 2,
    pollMs: connections > 1_000 ? 2_000 : 500,
    // Coming in and settling take longer than the sale on a small machine.
    deadlineS: durationS * 2 + 60,
    declinedShare: DECLINED_SHARE,
  };
}

/** The spike of a popular on-sale: more want in than there is room for, and all at once. */
const SPIKE: SaleFigures = {
  name: 'spike',
  title: 'A spike: 7,000 join within a second',
  visitors: 7_000,
  connections: 5_000,
  joinS: 1,
  saleS: 2,
  buyFrom: 'at-once',
  buyers: 6_800,
  ordersMax: 6_000,
  seatsMax: 2,
  pollMs: 2_000,
  deadlineS: 90,
  declinedShare: 0,
};

/** What a run with these options consists of. */
export function figuresOf({ size, events, connections, durationS }: LoadOptions): Figures {
  if (events.length > 0) {
    const sale = audienceSale(connections ?? 1_000, durationS ?? 30);
    return { artillery: undefined, sales: [sale], rush: undefined };
  }
  switch (size) {
    case 'smoke':
      return {
        artillery: { arrivalsPerSecond: 20, durationS: 5 },
        sales: [audienceSale(connections ?? 200, durationS ?? 5)],
        rush: { requests: 200, seats: 40 },
      };
    case 'standard':
      return {
        artillery: { arrivalsPerSecond: 20, durationS: 10 },
        sales: [audienceSale(connections ?? 1_000, durationS ?? 15)],
        rush: { requests: 1_000, seats: 200 },
      };
    case 'full':
      return {
        artillery: { arrivalsPerSecond: 20, durationS: 15 },
        sales: [SPIKE, audienceSale(connections ?? 5_000, durationS ?? 30)],
        rush: { requests: 5_000, seats: 500 },
      };
  }
}
