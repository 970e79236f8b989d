/**
 * An event's selling period: its settings with their ranges, and its states. Rules AD and LC.
 *
 * The state is never stored. It follows from the settings, the seats and the time, in one function here and
 * in one include of the Lua scripts (`lua/include/on-sale-state.lua`); a test holds the two together. So an
 * on-sale opens at its moment although nobody is awake to open it.
 */

export const ON_SALE_STATES = ['scheduled', 'lobby', 'open', 'paused', 'sold_out', 'closed'] as const;
export type OnSaleState = (typeof ON_SALE_STATES)[number];

export type OnSale = {
  /** Before it nobody may join, not even the lobby. Absent: the lobby is open from the start. */
  readonly lobbyOpensAtMs: number | null;
  /** Absent or past: open at once. */
  readonly opensAtMs: number | null;
  readonly closedAtMs: number | null;
  readonly paused: boolean;
  /** Said to everybody in the line. */
  readonly message: string;
  readonly waitingRoom: 'on' | 'off';
  readonly capacity: number;
  readonly ratePerMinute: number;
  readonly admissionMs: number;
  readonly claimMs: number;
  readonly holdMs: number;
  readonly paymentMs: number;
  readonly seatsPerVisitorMax: number;
  /** On: nobody is called whose wishes those inside already cover. */
  readonly inventoryAware: boolean;
  /** Seats that each one inside is thought to want, in thousandths: 1500 is one and a half. */
  readonly seatsPerAdmissionMilli: number;
};

/** Ranges and defaults of the numbers, as the contract has them. A day is the longest duration. */
const DAY_MS = 86_400_000;
export const ON_SALE_RANGES = {
  capacity: { min: 1, max: 1_000_000, default: 500 },
  ratePerMinute: { min: 0, max: 1_000_000, default: 600 },
  admissionMs: { min: 1_000, max: DAY_MS, default: 600_000 },
  claimMs: { min: 1_000, max: DAY_MS, default: 60_000 },
  holdMs: { min: 1_000, max: DAY_MS, default: 300_000 },
  paymentMs: { min: 1_000, max: DAY_MS, default: 180_000 },
  seatsPerVisitorMax: { min: 1, max: 100, default: 8 },
} as const;

export const ON_SALE_MESSAGE_CHARS_MAX = 500;

/** The settings of an on-sale that says nothing: open at once, with a waiting room. */
export const ON_SALE_DEFAULTS: OnSale = {
  lobbyOpensAtMs: null,
  opensAtMs: null,
  closedAtMs: null,
  paused: false,
  message: '',
  waitingRoom: 'on',
  capacity: ON_SALE_RANGES.capacity.default,
  ratePerMinute: ON_SALE_RANGES.ratePerMinute.default,
  admissionMs: ON_SALE_RANGES.admissionMs.default,
  claimMs: ON_SALE_RANGES.claimMs.default,
  holdMs: ON_SALE_RANGES.holdMs.default,
  paymentMs: ON_SALE_RANGES.paymentMs.default,
  seatsPerVisitorMax: ON_SALE_RANGES.seatsPerVisitorMax.default,
  inventoryAware: false,
  seatsPerAdmissionMilli: 1_500,
};

/** What the settings, the seats and the moment make of an on-sale. The first line that fits decides. */
export function onSaleState(
  onSale: Pick<OnSale, 'closedAtMs' | 'lobbyOpensAtMs' | 'opensAtMs' | 'paused'>,
  seats: { readonly available: number; readonly locked: number },
  nowMs: number,
): OnSaleState {
  if (onSale.closedAtMs !== null && onSale.closedAtMs <= nowMs) return 'closed';
  if (onSale.opensAtMs !== null && onSale.opensAtMs > nowMs) {
    return onSale.lobbyOpensAtMs !== null && onSale.lobbyOpensAtMs > nowMs ? 'scheduled' : 'lobby';
  }
  if (seats.available === 0 && seats.locked === 0) return 'sold_out';
  return onSale.paused ? 'paused' : 'open';
}
