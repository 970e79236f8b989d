import { afterAll, beforeAll, expect, it } from 'vitest';
import { newestMails } from '../../db/mails.ts';
import { promiseRefund } from '../../db/order-outcomes.ts';
import { readDocument, ticketsOf } from '../../db/tickets.ts';
import { listHolds } from '../../lua/read-holds.ts';
import { SEAT_AVAILABLE, SEAT_LOCKED, SEAT_SOLD } from '../../shared/domain/seat.ts';
import { until } from '../../shared/testing/wait.ts';
import { Bench, type TestWorker } from './testing/bench.ts';

let bench: Bench;
let worker: TestWorker;
beforeAll(async () => {
  bench = await Bench.open();
  worker = await bench.worker({ env: { PROVIDER_TIMEOUT_MS: '700' } });
});
afterAll(() => bench.close());

const ledger = async (orderId: string) => {
  const [row] = await bench.db.sql<{ state: string; attempts: number }[]>`
    select state, attempts from simulated_payments where idempotency_key = ${orderId}`;
  return row;
};

it('CK11 a card that approves ends paid, with tickets, sold on the map, the hold gone', async () => {
  const order = await bench.order([3, 4]);
  const paid = await bench.settled(order.orderId);
  expect(paid).toMatchObject({ state: 'paid', failure: null });
  expect((await ticketsOf(bench.db, [order.orderId])).map((ticket) => ticket.seat)).toEqual([3, 4]);
  expect(await bench.seatStates([2, 3, 4])).toEqual([SEAT_AVAILABLE, SEAT_SOLD, SEAT_SOLD]);
  expect(await listHolds(bench.redis, bench.eventId)).toEqual([]);
  expect(await ledger(order.orderId)).toEqual({ state: 'captured', attempts: 1 });
});

it('TK1 a paid order gets one document and one mail with a link', async () => {
  const order = await bench.order([5, 6]);
  const pdf = await until(() => readDocument(bench.db, order.orderId), { timeoutMs: 15_000 });
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  const [mail] = await until(
    async () => {
      const mails = await newestMails(bench.db, 10, order.orderId);
      return mails[0]?.state === 'kept' ? mails : undefined;
    },
    { timeoutMs: 10_000 },
  );
  expect(mail).toMatchObject({ to: 'zoe@example.org' });
  expect(mail!.text).toContain(`/tickets/${order.orderId}?exp=`);
  expect(mail!.html).toContain('Zoë &#60;Example&#62;');
  const open = await bench.db
    .sql`select kind from outbox where order_id = ${order.orderId} and done_at is null`;
  expect([...open]).toEqual([]);
});

it('CK5 a declined card gives claim and hold back and issues nothing', async () => {
  const order = await bench.order([10], 'pm_card_chargeDeclined');
  expect(await bench.settled(order.orderId)).toMatchObject({ state: 'failed', failure: 'card_declined' });
  expect(await ticketsOf(bench.db, [order.orderId])).toEqual([]);
  const claims = await bench.db.sql`select 1 from claims where order_id = ${order.orderId}`;
  expect(claims).toHaveLength(0);
  expect(await bench.seatStates([10])).toEqual([SEAT_AVAILABLE]);
});

it('CK12 a provider that fails twice is asked again, and the order ends paid after one charge', async () => {
  const order = await bench.order([12], 'pm_sim_flaky');
  expect(await bench.settled(order.orderId)).toMatchObject({ state: 'paid' });
  expect(await ledger(order.orderId)).toEqual({ state: 'captured', attempts: 3 });
});

it('CK12 an answer that was lost is found by asking with the key, and nothing is charged twice', async () => {
  const order = await bench.order([14], 'pm_sim_answer_lost');
  expect(await bench.settled(order.orderId)).toMatchObject({ state: 'paid' });
  expect(await ledger(order.orderId)).toEqual({ state: 'captured', attempts: 1 });
});

it('CK12 a slow provider is waited for, beyond one time-out', async () => {
  const order = await bench.order([16], 'pm_sim_slow');
  const seen = await bench.seatStates([16]);
  expect(await bench.settled(order.orderId)).toMatchObject({ state: 'paid' });
  expect(seen).toEqual([SEAT_LOCKED]);
  expect(await ledger(order.orderId)).toMatchObject({ state: 'captured' });
});

it('CK8 a refund gives the money back, voids the tickets and frees the seats', async () => {
  const order = await bench.order([20, 21]);
  await bench.settled(order.orderId);
  expect(await promiseRefund(bench.db, order.orderId, 'operator')).toBe('paid');
  await bench.jobs.add('refund', { orderId: order.orderId });
  await until(async () => (await ledger(order.orderId))?.state === 'refunded');
  await until(async () => (await bench.seatStates([20]))[0] === SEAT_AVAILABLE);
  expect(await bench.settled(order.orderId)).toMatchObject({ state: 'refunded' });
  expect(await ticketsOf(bench.db, [order.orderId])).toEqual([]);
});

it('CK13 an order that nobody enqueued is found in the outbox', async () => {
  const order = await bench.order([24], 'pm_card_visa', false);
  expect(await bench.settled(order.orderId)).toMatchObject({ state: 'paid' });
});

it('CK19 figures tell orders by outcome, the breaker and the outbox', async () => {
  const text = await worker.registry.metrics();
  expect(text).toMatch(/usher_orders_total\{event="\d+",outcome="paid"\} [1-9]/);
  expect(text).toMatch(/usher_orders_total\{event="\d+",outcome="card_declined"\} 1/);
  expect(text).toMatch(/usher_payment_breaker_state [0-2]/);
  expect(text).toContain('usher_outbox_oldest_seconds');
});
