import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { readOrder } from '../../db/orders.ts';
import { beginCheckout } from '../../lua/begin-checkout.ts';
import { holdSeats } from '../../lua/hold-seats.ts';
import { listHolds } from '../../lua/read-holds.ts';
import { SEAT_AVAILABLE, SEAT_SOLD } from '../../shared/domain/seat.ts';
import { until } from '../../shared/testing/wait.ts';
import type { PaymentPort } from './payment-port.ts';
import { simulatedPayments } from './payment-simulated.ts';
import { Bench } from './testing/bench.ts';

let bench: Bench;
afterEach(() => bench.close());

const state = async (orderId: string) => (await readOrder(bench.db, orderId))?.state;

it('CK15 while the Redis of the seats is away sales are finished, and the map is told when it is back', async () => {
  bench = await Bench.open();
  await bench.worker();
  const order = await bench.order([3, 4], 'pm_card_visa', false);
  bench.seatsServer.pause();
  await until(async () => (await state(order.orderId)) === 'paid');
  expect((await readOrder(bench.db, order.orderId))?.mapTold).toBe(false);
  bench.seatsServer.resume();
  await bench.settled(order.orderId);
  expect(await bench.seatStates([3, 4])).toEqual([SEAT_SOLD, SEAT_SOLD]);
});

it('CK15 a Redis of the seats that has forgotten everything shows what was sold and what was given back', async () => {
  bench = await Bench.open();
  await bench.worker();
  const bought = await bench.order([3], 'pm_sim_slow');
  const declined = await bench.order([5], 'pm_card_chargeDeclined', false);
  await bench.seatsServer.kill();
  await bench.seatsServer.start();
  await bench.settled(bought.orderId);
  await bench.settled(declined.orderId);
  expect(await until(() => bench.seatStates([3, 5]))).toEqual([SEAT_SOLD, SEAT_AVAILABLE]);
  expect(await listHolds(bench.redis, bench.eventId)).toEqual([]);
});

it('CK15 without the queue claimed orders are paid by way of the outbox', async () => {
  bench = await Bench.open();
  await bench.worker();
  await bench.queueServer.kill();
  const orders = [];
  for (const seat of [3, 4, 5, 6, 7, 8]) orders.push(await bench.order([seat], 'pm_card_visa', false));
  for (const { orderId } of orders) expect(await bench.settled(orderId)).toMatchObject({ state: 'paid' });
});

it('CK13 a queue that has forgotten its jobs gets them again', async () => {
  bench = await Bench.open();
  const order = await bench.order([3]);
  await bench.queueServer.kill();
  await bench.queueServer.start();
  await bench.worker();
  expect(await bench.settled(order.orderId)).toMatchObject({ state: 'paid' });
  await until(
    async () => {
      const open = await bench.db
        .sql`select kind from outbox where order_id = ${order.orderId} and done_at is null`;
      return open.length === 0;
    },
    { timeoutMs: 15_000, what: 'ticket and mail' },
  );
});

it('CK1 a hold that was pinned for an order that never came is given back when its time is over', async () => {
  bench = await Bench.open({ paymentMs: 1_000, holdMs: 60_000 });
  await bench.worker();
  const owner = { holdId: 'pinned', visitorId: 'v', admissionId: '' };
  const { redis, eventId } = bench;
  await bench.store.run(eventId, () => holdSeats(redis, eventId, { ...owner, seats: [9], add: false }));
  await beginCheckout(redis, eventId, { ...owner, orderId: randomUUID() });
  await until(async () => (await listHolds(redis, eventId))[0]?.state === 'held');
});

it('CK16 a provider that is down opens the breaker; claims stay, connections stay free, and all are paid when it is back', async () => {
  bench = await Bench.open();
  const real = simulatedPayments(bench.db);
  let calls = 0;
  let down = true;
  const hanging = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const provider: PaymentPort = {
    ...real,
    authorise: (request, signal) => {
      calls += 1;
      return down ? hanging(signal) : real.authorise(request, signal);
    },
    lookup: (key, signal) => {
      calls += 1;
      return down ? hanging(signal) : real.lookup(key, signal);
    },
  };
  const { registry } = await bench.worker({
    provider,
    env: { PROVIDER_TIMEOUT_MS: '300', BREAKER_REST_MS: '1000' },
  });
  const orders = [];
  for (let seat = 20; seat < 60; seat += 1) orders.push(await bench.order([seat]));
  const breaker = async () => /usher_payment_breaker_state ([0-9])/.exec(await registry.metrics())?.[1];
  await until(async () => (await breaker()) === '2', { what: 'an open breaker' });
  const before = calls;
  const startedMs = performance.now();
  await bench.db.sql`select 1`;
  expect(performance.now() - startedMs).toBeLessThan(200);
  await new Promise((resolve) => setTimeout(resolve, 700));
  // Open, it lets nothing through; those that were refused had only been waiting.
  expect(calls - before).toBeLessThanOrEqual(1);
  for (const { orderId } of orders) expect(await state(orderId)).toBe('claimed');
  down = false;
  for (const { orderId } of orders) expect(await bench.settled(orderId)).toMatchObject({ state: 'paid' });
  expect(await breaker()).toBe('0');
});

it('CK17 a provider that captured for an order that has failed meanwhile gets the money back out, with an alarm', async () => {
  bench = await Bench.open();
  const real = simulatedPayments(bench.db);
  const provider: PaymentPort = {
    ...real,
    // Somebody ends the order between the reservation and the money.
    capture: async (key, signal) => {
      await bench.db
        .sql`update orders set state = 'failed', failure = 'provider_error' where order_id = ${key}`;
      return real.capture(key, signal);
    },
  };
  const { registry } = await bench.worker({ provider });
  const order = await bench.order([3]);
  await until(async () => {
    const [row] = await bench.db
      .sql`select state from simulated_payments where idempotency_key = ${order.orderId}`;
    return row?.state === 'refunded';
  });
  expect(await registry.metrics()).toContain('usher_checkout_alarms_total{what="outcomes_differ"} 1');
});
