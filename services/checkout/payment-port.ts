/**
 * What checkout wants of a payment provider. Every call names the payment by the order's id, which is the
 * idempotency key: said twice it happens once, and after any doubt the provider is asked by the same key.
 *
 * An answer is the payment's state after the call. A call that throws, or that does not come back, says
 * nothing at all: the money may have moved or not.
 */
export type PaymentRequest = {
  readonly key: string;
  readonly method: string;
  readonly amountMinor: number;
  readonly currency: string;
};

export type PaymentAnswer =
  /** The money is reserved. */
  | { readonly state: 'authorised'; readonly reference: string }
  /** The money has moved. */
  | { readonly state: 'captured'; readonly reference: string }
  /** The provider said no, for good. */
  | { readonly state: 'declined' }
  /** No money will ever move under this key. */
  | { readonly state: 'void' }
  | { readonly state: 'refunded' }
  /** The provider is still at it. */
  | { readonly state: 'pending' }
  /** The provider has never heard of the key. */
  | { readonly state: 'unknown' };

export type PaymentPort = {
  /** Reserves the money. */
  authorise(request: PaymentRequest, signal: AbortSignal): Promise<PaymentAnswer>;
  /** Moves what was reserved. */
  capture(key: string, signal: AbortSignal): Promise<PaymentAnswer>;
  /** What has become of a payment; changes nothing. */
  lookup(key: string, signal: AbortSignal): Promise<PaymentAnswer>;
  /**
   * Sees to it that no money moves under this key, not even by an authorisation that is still on its way.
   * The answer is `captured` where it is too late for that.
   */
  cancel(request: PaymentRequest, signal: AbortSignal): Promise<PaymentAnswer>;
  /** Gives back all that was captured. */
  refund(key: string, signal: AbortSignal): Promise<PaymentAnswer>;
};
