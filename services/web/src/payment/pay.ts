/**
 * One attempt to pay. Its Idempotency-Key is made once and goes with every repetition, so an answer that got
 * lost on the way never becomes a second order.
 */
import { ApiError } from '../../../../shared/client/http-client.ts';
import type { OrderRequest } from '../../../../shared/client/usher-api.ts';
import type { OrderFailure } from '../../../../shared/domain/order.ts';
import { api } from '../api.ts';
import type { SeatRoom } from '../seat-map/seat-room.ts';

export type PayOutcome =
  | { readonly paid: true; readonly orderId: string }
  | { readonly paid: false; readonly orderId: string; readonly failure: OrderFailure | undefined };

const POLL_MS = 1_200;
const REPEATS_MAX = 5;

/** Orders, and waits for the outcome, by socket or by asking. Throws where the order was refused. */
export async function pay(
  room: SeatRoom,
  request: OrderRequest,
  onAccepted: (orderId: string) => void,
): Promise<PayOutcome> {
  const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const { orderId } = await repeated(() => api.order(room.admission.admissionToken, key, request));
  onAccepted(orderId);
  for (;;) {
    const update = await room.orderStatus(orderId).catch((error: unknown) => {
      if (error instanceof ApiError && !error.retryable) throw error;
      return undefined;
    });
    if (update?.status === 'paid') return { paid: true, orderId };
    if (update?.status === 'failed' || update?.status === 'refunded')
      return { paid: false, orderId, failure: update.failure };
    await nextNews(room, orderId);
  }
}

/** Repeats what may have failed on the way only; a refusal is an answer. */
async function repeated<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const again = error instanceof ApiError && error.retryable && attempt < REPEATS_MAX;
      if (!again) throw error;
      await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 500 * attempt));
    }
  }
}

/** Until the socket tells of this order, at most one polling interval. */
function nextNews(room: SeatRoom, orderId: string): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      off();
      resolve();
    };
    const timer = setTimeout(done, POLL_MS);
    const off = room.client.on('order', (update) => {
      if (update.orderId === orderId && update.status !== 'pending') done();
    });
  });
}
