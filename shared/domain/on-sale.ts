/**
 * An event's selling period: its settings with their ranges, and its states. Rules AD and LC.
 *
 * The state is never stored. It follows from the settings, the seats and the time, in one function here and
 * in one include of the Lua scripts (`lua/include/on-sale-state.lua`); a test holds the two together. So an
 * on-sale opens at its moment although nobody is awake to open it.
 */

export const ON_SALE_STATES = ['scheduled', 'lobby', 'open', 'paused', 'sold_out', 'closed'] as const;
export type OnSaleState = (typeof ON_SALE_STATES)[number];

/** What joining asks for, beside the challenge: nothing, a logged-in account, or an access code. */
export const ACCESS_KINDS = ['open', 'account', 'code'] as const;
export type Access = (typeof ACCESS_KINDS)[number];

/** What an access code is for: joining before others, being called before others, or standing beside the line. */
export const CODE_KINDS = ['presale', 'vip', 'staff'] as const;
export type CodeKind = (typeof CODE_KINDS)[number];

export type OnSale = {
  /** Before it nobody may join, not even the lobby. Absent: the lobby is open from the start. */
  readonly lobbyOpensAtMs: number | null;
  /** Absent or past: open at once. */
  readonly opensAtMs: number | null;
  /** From then on those with a presale or VIP code are called, before everybody else is. Absent: no presale. */
  readonly presaleOpensAtMs: number | null;
  readonly closedAtMs: number | null;
  readonly paused: boolean;
  /** Said to everybody in the line. */
  readonly message: string;
  readonly waitingRoom: 'on' | 'off';
  readonly access: Access;
  /** On: a new place costs a proof of work. */
  readonly challenge: 'off' | 'on';
  /** Keys that a solver has to derive, at most. */
  readonly challengeDifficulty: number;
  readonly capacity: number;
  /** How many with a staff code may be inside, beside the capacity. */
  readonly staffCapacity: number;
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
  staffCapacity: { min: 0, max: 1_000, default: 10 },
  ratePerMinute: { min: 0, max: 1_000_000, default: 600 },
  admissionMs: { min: 1_000, max: DAY_MS, default: 600_000 },
  claimMs: { min: 1_000, max: DAY_MS, default: 60_000 },
  holdMs: { min: 1_000, max: DAY_MS, default: 300_000 },
  paymentMs: { min: 1_000, max: DAY_MS, default: 180_000 },
  seatsPerVisitorMax: { min: 1, max: 100, default: 8 },
  /** 2,000 take a laptop about a second, 1,500 of them on average. */
  challengeDifficulty: { min: 1, max: 100_000, default: 2_000 },
} as const;

export const ON_SALE_MESSAGE_CHARS_MAX = 500;

/** The settings of an on-sale that says nothing: open at once, with a waiting room. */
export const ON_SALE_DEFAULTS: OnSale = {
  lobbyOpensAtMs: null,
  opensAtMs: null,
  presaleOpensAtMs: null,
  closedAtMs: null,
  paused: false,
  message: '',
  waitingRoom: 'on',
  access: 'open',
  challenge: 'off',
  challengeDifficulty: ON_SALE_RANGES.challengeDifficulty.default,
  capacity: ON_SALE_RANGES.capacity.default,
  staffCapacity: ON_SALE_RANGES.staffCapacity.default,
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
