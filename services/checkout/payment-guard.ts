/**
 * Stands between checkout and its provider: a limit on how long an answer may take, and a circuit breaker
 * that stops asking a provider which answers nobody. A call that the breaker refused was never made, so it
 * is as harmless as it is fast. Rules CK.
 */
import { CircuitState, circuitBreaker, handleAll, SamplingBreaker } from 'cockatiel';
import type { CheckoutMetrics } from './metrics.ts';
import type { PaymentAnswer, PaymentPort, PaymentRequest } from './payment-port.ts';

export type GuardSettings = {
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** How long an open breaker waits before it lets one call try. */
  readonly halfOpenAfterMs: number;
};

/** The breaker opens when half of the calls within this window failed; below so many a second it never does. */
const WINDOW_MS = 10_000;
const FAILURES_SHARE = 0.5;
const CALLS_PER_SECOND_MIN = 1;

const STATE_VALUES: Readonly<Record<CircuitState, number>> = {
  [CircuitState.Closed]: 0,
  [CircuitState.HalfOpen]: 1,
  [CircuitState.Open]: 2,
  [CircuitState.Isolated]: 3,
};

export type GuardedPayments = {
  /** @param withinMs a shorter limit than the usual, where the order's time ends sooner. */
  authorise(request: PaymentRequest, withinMs?: number): Promise<PaymentAnswer>;
  capture(key: string): Promise<PaymentAnswer>;
  lookup(key: string): Promise<PaymentAnswer>;
  cancel(request: PaymentRequest): Promise<PaymentAnswer>;
  refund(key: string): Promise<PaymentAnswer>;
};

export function guardPayments(
  port: PaymentPort,
  settings: GuardSettings,
  metrics: CheckoutMetrics,
): GuardedPayments {
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: settings.halfOpenAfterMs,
    breaker: new SamplingBreaker({
      threshold: FAILURES_SHARE,
      duration: WINDOW_MS,
      minimumRps: CALLS_PER_SECOND_MIN,
    }),
  });
  breaker.onStateChange((state) => metrics.breakerState.set(STATE_VALUES[state]));
  metrics.breakerState.set(0);

  const call = async (
    step: string,
    work: (signal: AbortSignal) => Promise<PaymentAnswer>,
    withinMs: number = settings.timeoutMs,
  ): Promise<PaymentAnswer> => {
    const end = metrics.paymentSeconds.startTimer({ step });
    try {
      const answer = await breaker.execute(() => withLimit(Math.min(withinMs, settings.timeoutMs), work));
      end({ outcome: answer.state });
      return answer;
    } catch (error) {
      end({
        outcome: (error as { isBrokenCircuitError?: boolean }).isBrokenCircuitError ? 'refused' : 'error',
      });
      throw error;
    }
  };

  return {
    authorise: (request, withinMs) =>
      call('authorise', (signal) => port.authorise(request, signal), withinMs),
    capture: (key) => call('capture', (signal) => port.capture(key, signal)),
    lookup: (key) => call('lookup', (signal) => port.lookup(key, signal)),
    cancel: (request) => call('cancel', (signal) => port.cancel(request, signal)),
    refund: (key) => call('refund', (signal) => port.refund(key, signal)),
  };
}

/** Gives up after `ms`, also on a port that does not heed its signal. */
async function withLimit<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new Error(`The payment provider did not answer within ${ms} ms.`);
    controller.abort(error);
    late.reject(error);
  }, ms);
  try {
    return await Promise.race([work(controller.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
