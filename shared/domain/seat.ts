/**
 * The four states of a seat, as the two bits that stand for it in Redis, in a snapshot and in the browser.
 * Rules SE in RULES.md.
 */
export const SEAT_AVAILABLE = 0;
export const SEAT_LOCKED = 1;
export const SEAT_SOLD = 2;
export const SEAT_BLOCKED = 3;

export type SeatState = typeof SEAT_AVAILABLE | typeof SEAT_LOCKED | typeof SEAT_SOLD | typeof SEAT_BLOCKED;

/** What the map streams; each sets the seat's state, whatever it was. Unblocking is `released`. */
export const SEAT_CHANGES = ['released', 'locked', 'sold', 'blocked'] as const;
export type SeatChange = (typeof SEAT_CHANGES)[number];

/** The change that brings a seat into a state: the state's number is its place in `SEAT_CHANGES`. */
export function changeInto(state: SeatState): SeatChange {
  return SEAT_CHANGES[state];
}

/** The state that a change leads to. */
export function stateAfter(change: SeatChange): SeatState {
  return SEAT_CHANGES.indexOf(change) as SeatState;
}

/** How many seats of an event are in each state. They add up to `total`. */
export type SeatCounts = {
  readonly total: number;
  readonly available: number;
  readonly locked: number;
  readonly sold: number;
  readonly blocked: number;
};
