/** The path that every visitor takes, over the three real processes: and what happens when one of them dies. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Buyer, call } from '../shared/testing/buyer.ts';
import { type House, startHouse } from '../shared/testing/house.ts';
import { until } from '../shared/testing/wait.ts';

let house: House;

beforeAll(async () => {
  house = await startHouse();
}, 60_000);
afterAll(() => house?.close());

const holdOver = async (who: Buyer, seats: number[]) =>
  call<{ holdId: string; code?: string }>(`${house.gatewayUrl}/events/${who.eventId}/holds`, {
    method: 'POST',
    token: who.admission?.admissionToken,
    body: { seats },
  });

describe('from the line to the ticket', () => {
  it('CK7 line, admission, map, hold, order, sold on every map, PDF and mail', async () => {
    const eventId = await house.createEvent();
    const [who, other] = [new Buyer(house.gatewayUrl, eventId), new Buyer(house.gatewayUrl, eventId)];
    const [socket, watcher] = [await who.watch(), await other.watch()];
    const granted = await socket.ask({ type: 'hold_best', count: 2 });
    if (granted.type !== 'hold_granted') throw new Error(JSON.stringify(granted));
    const [seat] = granted.seats;
    await watcher.seatChanged(seat!, 'locked');

    const accepted = await who.order(granted.holdId);
    expect(accepted.status).toBe(202);
    expect(accepted.body.amountMinor).toBeGreaterThan(0);
    const order = await who.settled(accepted.body.orderId);
    expect(order).toMatchObject({ status: 'paid', seats: granted.seats });
    expect(order.tickets).toHaveLength(2);
    await watcher.seatChanged(seat!, 'sold');
    expect(await socket.heard('order_updated')).toMatchObject({ orderId: order.orderId, status: 'paid' });
    expect(await socket.closed()).toBe(4500);

    const pdf = await until(
      async () => {
        const response = await fetch(new URL(order.tickets[0]!.pdfUrl, house.gatewayUrl), {
          headers: { authorization: `Bearer ${who.visitorToken}` },
        });
        return response.status === 200 ? Buffer.from(await response.arrayBuffer()) : undefined;
      },
      { timeoutMs: 15_000, everyMs: 100, what: 'the PDF' },
    );
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await until(
      async () => {
        const { body } = await call<{ mails: { to: string; state: string }[] }>(
          `${house.gatewayUrl}/dev/mails`,
        );
        return body.mails.some(({ to, state }) => to === 'buyer@example.org' && state === 'kept');
      },
      { timeoutMs: 15_000, everyMs: 100, what: 'the mail' },
    );
    const { body } = await call<{ seats: Record<string, number> }>(`${house.gatewayUrl}/events/${eventId}`);
    expect(body.seats).toMatchObject({ total: 200, available: 198, locked: 0, sold: 2, blocked: 0 });
    watcher.close();
  });

  it('CK5 a declined card leaves the hold, and the next card buys it', async () => {
    const eventId = await house.createEvent();
    const who = new Buyer(house.gatewayUrl, eventId);
    const socket = await who.watch();
    const { holdId } = (await socket.ask({ type: 'hold', seats: [5] })) as { holdId: string };
    const declined = await who.settled((await who.order(holdId, 'pm_card_chargeDeclined')).body.orderId);
    expect(declined).toMatchObject({ status: 'failed', failure: 'card_declined', tickets: [] });
    expect(await socket.heard('order_updated')).toMatchObject({ status: 'failed', failure: 'card_declined' });
    const second = await who.order(holdId);
    expect(second.status).toBe(202);
    expect((await who.settled(second.body.orderId)).status).toBe('paid');
  });

  it('HO2 forty buyers race for one seat over HTTP: one 201, 39 times 409, one order', async () => {
    const eventId = await house.createEvent();
    const racers = Array.from({ length: 40 }, () => new Buyer(house.gatewayUrl, eventId));
    await Promise.all(racers.map((each) => each.enter()));
    const answers = await Promise.all(racers.map((each) => holdOver(each, [7])));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const losers = answers.filter(({ status }) => status === 409);
    expect(losers).toHaveLength(39);
    for (const { body } of losers) expect(body).toMatchObject({ code: 'seats_taken', taken: [7] });
    const [count] = await house.database
      .sql`select count(*)::int as n from orders where event_id = ${eventId}`;
    expect(count?.n).toBe(0);
  });
});

describe('a process dies in the middle', () => {
  it('LC2 the gateway: whoever was inside is still inside, the line goes on', async () => {
    const eventId = await house.createEvent({ onSale: { capacity: 1 } });
    const [inside, waiting] = [new Buyer(house.gatewayUrl, eventId), new Buyer(house.gatewayUrl, eventId)];
    const socket = await inside.watch();
    const place = await waiting.join();
    expect(place).toMatchObject({ state: 'waiting', position: 1 });
    await house.kill('gateway');
    const held = (await socket.ask({ type: 'hold', seats: [1] })) as { holdId: string };
    await house.start('gateway');
    expect((await waiting.join()).number).toBe(place.number);
    const { body } = await inside.order(held.holdId);
    expect((await inside.settled(body.orderId)).status).toBe('paid');
    await waiting.enter();
  });

  it('HO9 the seat service: holds that end meanwhile are released, the map comes back whole', async () => {
    const eventId = await house.createEvent({ onSale: { holdMs: 1_500 } });
    const [who, watcher] = [new Buyer(house.gatewayUrl, eventId), new Buyer(house.gatewayUrl, eventId)];
    const socket = await who.watch();
    await watcher.enter();
    await socket.ask({ type: 'hold', seats: [1, 2] });
    await house.kill('seats');
    await socket.closed();
    await until(
      async () => {
        const { body } = await call<{ seats: { locked: number } }>(`${house.gatewayUrl}/events/${eventId}`);
        return body.seats.locked === 0;
      },
      { timeoutMs: 10_000, everyMs: 50, what: 'the hold to end without the seat service' },
    );
    await house.start('seats');
    const again = await watcher.watch();
    const { states } = await again.heard('snapshot');
    expect(Buffer.from(states, 'base64')[0]).toBe(0);
    again.close();
  });

  it('CK6 the checkout: an order accepted while it is away is paid when it is back', async () => {
    const eventId = await house.createEvent();
    const who = new Buyer(house.gatewayUrl, eventId);
    const socket = await who.watch();
    const { holdId } = (await socket.ask({ type: 'hold', seats: [3] })) as { holdId: string };
    await house.kill('checkout');
    const { status, body } = await who.order(holdId);
    expect(status).toBe(202);
    await house.start('checkout');
    expect(await who.settled(body.orderId, 20_000)).toMatchObject({ status: 'paid', seats: [3] });
  });

  it('CK6 the checkout is killed while the provider thinks: the order is paid once', async () => {
    const eventId = await house.createEvent();
    const who = new Buyer(house.gatewayUrl, eventId);
    const socket = await who.watch();
    const { holdId } = (await socket.ask({ type: 'hold', seats: [4] })) as { holdId: string };
    const { body } = await who.order(holdId, 'pm_sim_slow');
    await until(async () => {
      const [row] = await house.database
        .sql`select 1 from simulated_payments where idempotency_key like ${`%${body.orderId}%`}`;
      return row;
    });
    await house.kill('checkout');
    await house.start('checkout');
    expect((await who.settled(body.orderId, 30_000)).status).toBe('paid');
    const captured = await house.database.sql`
      select count(*)::int as n from simulated_payments
      where idempotency_key like ${`%${body.orderId}%`} and state = 'captured'`;
    expect(captured[0]?.n).toBe(1);
  }, 45_000);

  it('FE6 Redis is wiped: what was sold stays sold, on the map and for the next buyer', async () => {
    const eventId = await house.createEvent();
    const who = new Buyer(house.gatewayUrl, eventId);
    const socket = await who.watch();
    const { holdId } = (await socket.ask({ type: 'hold', seats: [8] })) as { holdId: string };
    await who.settled((await who.order(holdId)).body.orderId);
    await house.redis.kill();
    await house.redis.start();
    const next = new Buyer(house.gatewayUrl, eventId);
    await until(() => next.enter(1_000), { timeoutMs: 15_000, what: 'to enter after the wipe' });
    // A page tries again too while the seat service finds its Redis.
    const map = await until(() => next.watch(), { timeoutMs: 15_000, what: 'to watch after the wipe' });
    const { states } = await map.heard('snapshot');
    expect(Buffer.from(states, 'base64')[2]).toBe(2);
    expect(await map.ask({ type: 'hold', seats: [8] })).toMatchObject({
      type: 'hold_denied',
      code: 'seats_taken',
    });
    expect(await map.ask({ type: 'hold', seats: [9] })).toMatchObject({ type: 'hold_granted' });
    map.close();
  }, 40_000);
});
