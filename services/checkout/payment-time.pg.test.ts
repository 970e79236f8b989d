import { afterEach, expect, it } from 'vitest';
import { SEAT_AVAILABLE } from '../../shared/domain/seat.ts';
import type { PaymentPort } from './payment-port.ts';
import { simulatedPayments } from './payment-simulated.ts';
import { Bench } from './testing/bench.ts';

let bench: Bench;
afterEach(() => bench.close());

it('CK14 a payment without an answer ends failed when its time is over, and is void at the provider', async () => {
  bench = await Bench.open({ paymentMs: 1_500 });
  await bench.worker({ env: { PROVIDER_TIMEOUT_MS: '500' } });
  const order = await bench.order([3], 'pm_sim_timeout');
  const ended = await bench.settled(order.orderId);
  expect(ended).toMatchObject({ state: 'failed', failure: 'payment_timeout' });
  const lateMs = Date.now() - ended.payByMs;
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(1_500);
  const [row] = await bench.db
    .sql`select state from simulated_payments where idempotency_key = ${order.orderId}`;
  expect(row?.state).toBe('void');
  expect(await bench.seatStates([3])).toEqual([SEAT_AVAILABLE]);
});

it('CK14 a payment that is captured cannot time out any more', async () => {
  bench = await Bench.open({ paymentMs: 1_000 });
  const real = simulatedPayments(bench.db);
  // The capture happens and its answer never comes; when it is asked for, time is over.
  const provider: PaymentPort = {
    ...real,
    capture: async (key, signal) => {
      await real.capture(key, signal);
      throw new Error('connection reset');
    },
    lookup: async () => {
      throw new Error('connection refused');
    },
  };
  await bench.worker({ provider });
  const order = await bench.order([3]);
  expect(await bench.settled(order.orderId)).toMatchObject({ state: 'paid' });
});

it('CK14 an order whose time was over before anybody came is never charged', async () => {
  bench = await Bench.open({ paymentMs: 1_000 });
  const order = await bench.order([3], 'pm_card_visa');
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  await bench.worker();
  expect(await bench.settled(order.orderId)).toMatchObject({ state: 'failed', failure: 'payment_timeout' });
  const [row] = await bench.db
    .sql`select state from simulated_payments where idempotency_key = ${order.orderId}`;
  expect(row?.state).toBe('void');
});
