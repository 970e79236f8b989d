import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { SEAT_SOLD } from '../../shared/domain/seat.ts';
import { until } from '../../shared/testing/wait.ts';
import { Bench } from './testing/bench.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let bench: Bench;
const children = new Set<ChildProcess>();
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await bench.close();
});

/** A checkout service as a process of its own, as `npm start` runs it. */
function spawnWorker(): ChildProcess {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      REDIS_URL: bench.seatsServer.url,
      QUEUE_REDIS_URL: bench.queueServer.url,
      DATABASE_URL: bench.databaseUrl,
      CHECKOUT_PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  return child;
}

it('CK6 workers that are killed in the middle of payments leave every order to the next, which ends it right', async () => {
  bench = await Bench.open();
  const methods = ['pm_card_visa', 'pm_sim_slow', 'pm_sim_flaky', 'pm_card_visa', 'pm_card_chargeDeclined'];
  const orders = [];
  for (let at = 0; at < 60; at += 1) orders.push(await bench.order([at], methods[at % methods.length]));

  // Each is killed a little further on: while it reads, while it pays, while slow cards are waited for.
  for (const afterMs of [20, 150, 700]) {
    const victim = spawnWorker();
    await until(async () => {
      const ready = String(await Promise.race([once(victim.stdout!, 'data'), once(victim, 'exit')]));
      return ready.includes('ready') || victim.exitCode !== null;
    });
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    victim.kill('SIGKILL');
    await once(victim, 'exit');
  }
  await bench.worker();

  for (const order of orders) {
    const declined = order.paymentMethod === 'pm_card_chargeDeclined';
    const ended = await bench.settled(order.orderId, 40_000);
    expect([order.paymentMethod, ended.state]).toEqual([order.paymentMethod, declined ? 'failed' : 'paid']);
  }
  const wrong = await bench.db.sql`
    select o.order_id from orders o join simulated_payments p on p.idempotency_key = o.order_id::text
    where (o.state = 'paid') <> (p.state = 'captured')
      or (select count(*) from tickets t where t.order_id = o.order_id) <> (o.state = 'paid')::int
      or (select count(*) from claims c where c.order_id = o.order_id) <> (o.state = 'paid')::int`;
  expect([...wrong]).toEqual([]);
  expect(await bench.seatStates([0, 1, 2, 3])).toEqual([SEAT_SOLD, SEAT_SOLD, SEAT_SOLD, SEAT_SOLD]);
}, 90_000);

it('LC2 a worker that is asked to stop finishes what it has begun', async () => {
  bench = await Bench.open();
  const worker = await bench.worker();
  const order = await bench.order([3], 'pm_sim_slow');
  await until(async () => {
    const rows = await bench.db
      .sql`select 1 from simulated_payments where idempotency_key = ${order.orderId}`;
    return rows.length > 0;
  });
  await worker.stop();
  expect(await bench.settled(order.orderId, 100)).toMatchObject({ state: 'paid' });
});
