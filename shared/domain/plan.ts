/**
 * The plan of a venue: what never changes while an event sells.
 *
 * Seats are numbered 0..N-1 in one sequence, row after row, left to right inside a row, section after
 * section. That number, the seat's `index`, is the only name that a seat has on the wire, in Redis and in
 * the tables; everything else about it is looked up here. A general-admission section owns a range of
 * indices too, but draws no seat: its places are alike.
 *
 * Lengths are drawing units with y downwards; about 20 units between neighbouring seats.
 */

export type Point = readonly [x: number, y: number];

/** A price class. `priceMinor` is in minor units (cents) of the plan's currency. */
export type Category = {
  readonly id: string;
  readonly name: string;
  /** `#rrggbb`, chosen to be told apart from the others in light and dark. */
  readonly color: string;
  readonly priceMinor: number;
};

/** Why a seat is not like its neighbours. Absent on most seats. */
export type SeatTrait = 'wheelchair' | 'companion' | 'restricted_view';

export type Seat = {
  readonly index: number;
  /** As printed on the seat: `12`. */
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly categoryId: string;
  readonly trait?: SeatTrait;
  /** An aisle or a gap separates this seat from the one with the index before it in the same row. */
  readonly gapBefore?: true;
};

export type Row = {
  /** As printed: `A`, `AA`, `12`. */
  readonly label: string;
  readonly seats: readonly Seat[];
};

type SectionCommon = {
  /** Short, unique in the plan, safe in a URL: `[a-z0-9-]+`. */
  readonly id: string;
  readonly name: string;
  /** Which door to use, printed on the ticket. */
  readonly entrance?: string;
  /** Polygon around the section, for drawing it from afar. */
  readonly outline: readonly Point[];
  /** Where its name is drawn. */
  readonly labelAt: Point;
};

export type SeatedSection = SectionCommon & {
  readonly kind: 'seated';
  /** Best rows first is not promised; `bestRuns` of a plan orders them. */
  readonly rows: readonly Row[];
};

export type GeneralSection = SectionCommon & {
  readonly kind: 'general';
  readonly categoryId: string;
  /** Its places are the indices `firstIndex` to `firstIndex + capacity - 1`. */
  readonly firstIndex: number;
  readonly capacity: number;
};

export type Section = SeatedSection | GeneralSection;

/** Something drawn that is not for sale: a stage, a bar, a door. */
export type Fixture = {
  readonly kind: 'stage' | 'entrance' | 'label' | 'shape';
  readonly text?: string;
  readonly outline?: readonly Point[];
  readonly at?: Point;
};

export type Plan = {
  readonly name: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly width: number;
  readonly height: number;
  /** What everybody wants to be close to; best-available seats are judged by the distance to it. */
  readonly focus: Point;
  readonly seatCount: number;
  readonly categories: readonly Category[];
  readonly sections: readonly Section[];
  readonly fixtures: readonly Fixture[];
};

/** The largest house one event may have: its map is 25 KB and its snapshot one WebSocket frame. */
export const SEATS_PER_EVENT_MAX = 100_000;
