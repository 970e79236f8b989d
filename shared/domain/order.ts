/**
 * The order's life as one table. Rules CK. The four words that the outside sees (`pending`, `paid`, `failed`,
 * `refunded`) are a view of these states; a step that finds no line here for what happened changes nothing.
 */

export const ORDER_STATES = ['claimed', 'authorised', 'paid', 'failed', 'refunded'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

export type OrderEvent =
  /** The provider reserved the money. */
  | 'authorised'
  /** The provider moved the money. */
  | 'captured'
  /** The provider said no, for good. */
  | 'declined'
  /** Nobody could say yes in time; what was authorised is void. */
  | 'timed_out'
  | 'refunded';

export const ORDER_TRANSITIONS: Readonly<
  Record<OrderState, Readonly<Partial<Record<OrderEvent, OrderState>>>>
> = {
  claimed: { authorised: 'authorised', captured: 'paid', declined: 'failed', timed_out: 'failed' },
  authorised: { captured: 'paid', declined: 'failed', timed_out: 'failed' },
  paid: { refunded: 'refunded' },
  failed: {},
  refunded: {},
};

/** The state after `event`, or undefined where the table has no such step. */
export function nextOrderState(state: OrderState, event: OrderEvent): OrderState | undefined {
  return ORDER_TRANSITIONS[state][event];
}

export type OrderStatus = 'pending' | 'paid' | 'failed' | 'refunded';

/** What a buyer is told of a state. */
export function orderStatus(state: OrderState): OrderStatus {
  return state === 'claimed' || state === 'authorised' ? 'pending' : state;
}

/** Why an order failed, in words that the page translates. */
export const ORDER_FAILURES = ['card_declined', 'payment_timeout', 'provider_error', 'seats_taken'] as const;
export type OrderFailure = (typeof ORDER_FAILURES)[number];
