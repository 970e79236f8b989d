/** How the seat service comes up and goes: rule LC2, and what the operator's hand does to open maps. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Buyer, call, TestSocket } from '../../shared/testing/buyer.ts';
import { type House, startHouse } from '../../shared/testing/house.ts';

let house: House;

beforeAll(async () => {
  house = await startHouse({ env: { STOP_TIMEOUT_MS: '8000' } });
}, 60_000);
afterAll(() => house?.close());

it('OP3 blocking, unblocking and releasing reach an open map, and the holder is told', async () => {
  const eventId = await house.createEvent();
  const [who, watcher] = [new Buyer(house.gatewayUrl, eventId), new Buyer(house.gatewayUrl, eventId)];
  const [socket, map] = [await who.watch(), await watcher.watch()];
  const seats = (action: string, list: number[]) =>
    call(`${house.gatewayUrl}/admin/events/${eventId}/seats/${action}`, {
      method: 'POST',
      token: house.operatorToken,
      body: { seats: list },
    });
  await seats('block', [100, 101]);
  await map.seatChanged(100, 'blocked');
  expect(await socket.ask({ type: 'hold', seats: [100] })).toMatchObject({ code: 'seats_taken' });
  await seats('unblock', [100]);
  await map.seatChanged(100, 'released');
  const { holdId } = (await socket.ask({ type: 'hold', seats: [50, 51] })) as { holdId: string };
  expect((await seats('block', [50])).body).toEqual({ changed: [], refused: [50] });
  await seats('release', [50]);
  expect(await socket.heard('hold_ended')).toMatchObject({ holdId, reason: 'revoked' });
  await map.seatChanged(51, 'released');
  map.close();
  socket.close();
});

it('CK8 a refund frees the seats on every open map', async () => {
  const eventId = await house.createEvent();
  const [who, watcher] = [new Buyer(house.gatewayUrl, eventId), new Buyer(house.gatewayUrl, eventId)];
  const [socket, map] = [await who.watch(), await watcher.watch()];
  const { holdId } = (await socket.ask({ type: 'hold', seats: [7] })) as { holdId: string };
  const { body } = await who.order(holdId);
  expect((await who.settled(body.orderId)).status).toBe('paid');
  await map.seatChanged(7, 'sold');
  const refund = await call(`${house.gatewayUrl}/admin/orders/${body.orderId}/refund`, {
    method: 'POST',
    token: house.operatorToken,
    body: {},
  });
  expect(refund.status).toBe(200);
  await map.seatChanged(7, 'released');
  expect((await who.orderView(body.orderId)).body.status).toBe('refunded');
  expect(await map.ask({ type: 'hold', seats: [7] })).toMatchObject({ type: 'hold_granted' });
  map.close();
});

it('OP2 the words of the operator are said to everybody on the map', async () => {
  const eventId = await house.createEvent();
  const map = await new Buyer(house.gatewayUrl, eventId).watch();
  await call(`${house.gatewayUrl}/admin/events/${eventId}/on-sale`, {
    method: 'PATCH',
    token: house.operatorToken,
    body: { message: 'Doors at 7 | bring a coat' },
  });
  expect(await map.heard('notice')).toMatchObject({ code: 'operator', message: 'Doors at 7 | bring a coat' });
  map.close();
});

it("PR8 a hold over HTTP is told to the visitor's socket, without a ref, once", async () => {
  const eventId = await house.createEvent();
  const who = new Buyer(house.gatewayUrl, eventId);
  const socket = await who.watch();
  const { status, body } = await call<{ holdId: string }>(`${house.gatewayUrl}/events/${eventId}/holds`, {
    method: 'POST',
    token: who.admission?.admissionToken,
    body: { best: { count: 2 } },
  });
  expect(status).toBe(201);
  expect(await socket.heard('hold_granted')).toMatchObject({ holdId: body.holdId });
  expect(socket.messages.filter(({ type }) => type === 'hold_granted')).toHaveLength(1);
  socket.close();
});

it('LC2 PR10 a service that stops sends everybody away with 4001, in waves, and resumes them when it is back', async () => {
  const eventId = await house.createEvent();
  const buyers = Array.from({ length: 100 }, () => new Buyer(house.gatewayUrl, eventId));
  const sockets = await Promise.all(buyers.map((each) => each.watch()));
  const { epoch, offset } = await sockets[0]!.heard('snapshot');
  const ended = house.kill('seats', 'SIGTERM');
  const codes = await Promise.all(sockets.map((socket) => socket.closed(8_000)));
  expect(new Set(codes)).toEqual(new Set([4001]));
  await ended;
  expect(house.output('seats')).toContain('"stopped"');
  await house.start('seats');
  const { seatsUrl, admissionToken } = buyers[0]!.admission!;
  const back = new TestSocket(`${seatsUrl}?epoch=${epoch}&offset=${offset}`, admissionToken);
  expect(await back.heard('welcome')).toMatchObject({ resumed: true, offset });
  back.close();
});

it('FE6 ready with a hundred events of 20,000 seats: none is loaded before somebody asks for it', async () => {
  await house.database.sql`
    insert into events (name, venue_name, starts_at, currency, seat_count, plan, on_sale)
    select 'Event ' || n, venue_name, starts_at, currency, seat_count, plan, on_sale
    from generate_series(1, 100) n, (select * from events limit 1) one`;
  await house.kill('seats');
  await house.start('seats');
  const metrics = await call<string>(house.seatsUrl.replace('ws:', 'http:').concat('/metrics'));
  expect(metrics.body).toMatch(/usher_seats_rooms\{.*\} 0/);
});
