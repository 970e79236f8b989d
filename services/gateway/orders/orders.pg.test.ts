import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markFailed, markPaid, markRefunded } from '../../../db/order-outcomes.ts';
import { claimOrder, readOrder } from '../../../db/orders.ts';
import { storeDocument, ticketsOf } from '../../../db/tickets.ts';
import { endAdmission } from '../../../lua/end-admission.ts';
import { giveBack } from '../../../lua/give-back.ts';
import { markSold } from '../../../lua/mark-sold.ts';
import { listHoldsOf } from '../../../lua/read-holds.ts';
import { type TestDatabase, testDatabase } from '../../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../../shared/testing/redis.ts';
import { until } from '../../../shared/testing/wait.ts';
import { type TestGateway, TestVisitor, testGateway } from '../test-gateway.ts';
import { orderIdOf } from './order-id.ts';

let database: TestDatabase;
let server: TestRedisServer;
let gateway: TestGateway;
beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
  const stores = { redisUrl: server.url, databaseUrl: database.url };
  gateway = await testGateway(stores, { USHER_EMBEDDED: '1', HOLDS_PER_MINUTE: '100000' });
});
afterAll(async () => {
  await gateway?.close();
  await Promise.all([server?.close(), database?.close()]);
});

const buyer = { name: 'Zoë', email: 'zoe@example.org' };
const payment = { method: 'pm_card_visa' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function call(
  method: 'GET' | 'POST',
  url: string,
  headers: Record<string, string> = {},
  payload?: object,
) {
  const answer = await gateway.app.inject({ method, url, headers, ...(payload && { payload }) });
  const isJson = String(answer.headers['content-type']).startsWith('application/json');
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: isJson ? answer.json() : answer.rawPayload,
  };
}

const post = (token: string, key: string, body: object) =>
  call('POST', '/orders', { ...bearer(token), 'idempotency-key': key }, body);

/** A visitor inside, with a hold on these seats. */
async function holder(seats: number[], eventId?: number) {
  const visitor = await new TestVisitor(gateway.app, eventId ?? (await gateway.event())).inside();
  const held = await visitor.hold({ seats });
  const body = { eventId: visitor.eventId, holdId: held.body.holdId as string, buyer, payment };
  return { visitor, token: visitor.admissionToken, body };
}

/** What the checkout service does when the card is good. */
async function pay(orderId: string) {
  const { db, redis, store } = gateway.deps;
  const order = (await readOrder(db, orderId))!;
  await markPaid(db, orderId, 'ref');
  await store.run(order.eventId, () => markSold(redis, order.eventId, order));
  return order;
}

/** A paid order with its owner. */
async function bought(seats: number[]) {
  const { visitor, token, body } = await holder(seats);
  const { orderId } = (await post(token, 'k', body)).body;
  await pay(orderId);
  const tickets = await ticketsOf(gateway.deps.db, [orderId]);
  return { visitor, orderId: orderId as string, tickets, owner: bearer(visitor.visitorToken) };
}

describe('POST /orders', () => {
  it('CK3 twenty requests with one key make one order and get the same answer', async () => {
    const { token, body } = await holder([3, 4]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(token, 'same', body)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(answers[0]!.body).toEqual({
      orderId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: 'pending',
      amountMinor: expect.any(Number),
      currency: 'EUR',
    });
    const orders = await gateway.deps.db.sql`select 1 from orders where hold_id = ${body.holdId}`;
    expect(orders).toHaveLength(1);
  });

  it('CK3 a key that was used with another body is refused, also when both come at once', async () => {
    const { token, body } = await holder([3]);
    const other = { ...body, buyer: { ...buyer, name: 'Somebody else' } };
    const statuses = await Promise.all(
      [body, other, body, other].map(async (b) => (await post(token, 'k', b)).status),
    );
    expect(statuses.toSorted()).toEqual([202, 202, 422, 422]);
    expect(await post(token, 'k', { ...body, payment: { method: 'pm_sim_slow' } })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    });
  });

  it('CK3 the answer is given again after hold and admission are over, and fields in another order are the same body', async () => {
    const { visitor, token, body } = await holder([3]);
    const first = await post(token, 'k', body);
    await pay(first.body.orderId);
    const shuffled = {
      payment,
      buyer: { email: buyer.email, name: buyer.name },
      holdId: body.holdId,
      eventId: body.eventId,
    };
    expect(await post(token, 'k', shuffled)).toMatchObject({ status: 202, body: first.body });
    const { visitorId } = gateway.deps.tokens.readAdmission(token) as { visitorId: string };
    const expired = gateway.deps.tokens.signAdmission({
      ...{ eventId: visitor.eventId, visitorId, admissionId: 'old', expiresAtMs: Date.now() - 1_000 },
    });
    expect(await post(expired, 'k', body)).toMatchObject({ status: 202, body: first.body });
    expect(await post(expired, 'new key', body)).toMatchObject({
      status: 403,
      body: { code: 'token_expired' },
    });
  });

  it('CK10 wants a key, a token of this event, and an admission that lives', async () => {
    const { visitor, token, body } = await holder([3]);
    expect((await call('POST', '/orders', bearer(token), body)).status).toBe(400);
    expect((await post(token, 'x'.repeat(201), body)).status).toBe(400);
    expect((await call('POST', '/orders', { 'idempotency-key': 'k' }, body)).status).toBe(401);
    expect((await post('nonsense', 'k', body)).status).toBe(401);
    expect((await post(visitor.visitorToken, 'k', body)).status).toBe(403);
    const other = await holder([3]);
    expect((await post(other.token, 'k', body)).status).toBe(403);
    const neighbour = await holder([9], visitor.eventId);
    expect(await post(neighbour.token, 'k', body)).toMatchObject({
      status: 404,
      body: { code: 'unknown_hold' },
    });
    const { admissionId } = gateway.deps.tokens.readAdmission(token) as { admissionId: string };
    await endAdmission(gateway.deps.redis, visitor.eventId, admissionId, 'left');
    const late = await post(token, 'k', body);
    expect(late.body.code).toMatch(/unknown_hold|admission_ended/);
    expect(late.status).toBeGreaterThanOrEqual(403);
  });

  it('CK4 what is paid comes from the plan, whatever the request says', async () => {
    const { token, body } = await holder([3, 4, 5]);
    const greedy = { ...body, amountMinor: 1, priceMinor: 1, visitorId: 'me', seats: [99] };
    const { body: answer } = await post(token, 'k', greedy);
    const event = await gateway.deps.store.get(body.eventId);
    const sum = [3, 4, 5].reduce((total, seat) => total + event.seatAt(seat).priceMinor, 0);
    expect(answer.amountMinor).toBe(sum);
    expect((await readOrder(gateway.deps.db, answer.orderId))?.seats).toEqual([3, 4, 5]);
  });

  it('CK10 names and addresses that would break a header, and unknown cards, are refused', async () => {
    const { token, body } = await holder([3]);
    const bad = [
      { buyer: { name: 'A\r\nBcc: x@y.z', email: buyer.email } },
      { buyer: { name: '   ', email: buyer.email } },
      { buyer: { name: 'A', email: 'a@b.c\nx' } },
      { buyer: { name: 'A', email: 'a@b.c,d@e.f' } },
      { payment: { method: 'pm_unknown' } },
    ];
    for (const part of bad) expect((await post(token, 'k', { ...body, ...part })).status).toBe(400);
  });

  it('CK2 seats that Redis forgot were sold are refused before any charge, and the map and the hold are mended', async () => {
    const { visitor, token, body } = await holder([20, 21, 22]);
    const { db, redis } = gateway.deps;
    const rival = randomUUID();
    await claimOrder(db, {
      ...{ orderId: rival, eventId: body.eventId, visitorId: 'rival', accountId: null, admissionId: 'a' },
      ...{ holdId: 'h', fence: 1, buyerName: 'R', buyerEmail: 'r@x.y', paymentMethod: 'pm_card_visa' },
      ...{ currency: 'EUR', bodyHash: 'x', payByMs: Date.now() + 60_000 },
      items: [{ seat: 21, priceMinor: 1, categoryId: 'a' }],
    });
    await markPaid(db, rival, 'ref');
    expect(await post(token, 'k', body)).toMatchObject({
      status: 409,
      body: { code: 'seats_taken', taken: [21] },
    });
    expect(await readOrder(db, orderIdOf('nobody', 'k'))).toBeUndefined();
    expect((await visitor.call('GET', '')).body.seats).toMatchObject({ sold: 1, locked: 2 });
    const { visitorId } = gateway.deps.tokens.readAdmission(token) as { visitorId: string };
    const [hold] = await listHoldsOf(redis, body.eventId, visitorId);
    expect(hold).toMatchObject({ state: 'held', seats: [20, 22] });
    expect(await post(token, 'second', body)).toMatchObject({ status: 202 });
  });
});

describe('GET /orders', () => {
  it('CK9 an order is shown to its buyer and to operators, and to nobody else', async () => {
    const { orderId, owner, visitor } = await bought([3, 4]);
    const stranger = await holder([9], visitor.eventId);
    const view = await call('GET', `/orders/${orderId}`, owner);
    expect(view).toMatchObject({ status: 200, body: { orderId, status: 'paid', seats: [3, 4] } });
    expect(view.body.tickets).toHaveLength(2);
    expect(view.body.tickets[0]).toEqual({
      ticketId: expect.any(String),
      seat: 3,
      pdfUrl: `/tickets/${view.body.tickets[0].ticketId}`,
    });
    expect((await call('GET', `/orders/${orderId}`)).status).toBe(401);
    expect((await call('GET', `/orders/${orderId}`, bearer(stranger.visitor.visitorToken))).status).toBe(403);
    expect((await call('GET', `/orders/${orderId}`, bearer(await gateway.operator()))).status).toBe(200);
    for (const id of [randomUUID(), 'nonsense'])
      expect((await call('GET', `/orders/${id}`, owner)).status).toBe(404);
  });

  it('CK9 an account reads what its browser bought before it logged in', async () => {
    const { orderId, owner } = await bought([3]);
    const login = { email: `${randomUUID()}@x.y`, password: 'long enough' };
    const { body } = await call('POST', '/auth/signup', owner, login);
    expect((await call('GET', `/orders/${orderId}`, bearer(body.token))).status).toBe(200);
    const other = await call('POST', '/auth/signup', {}, { ...login, email: `${randomUUID()}@x.y` });
    expect((await call('GET', `/orders/${orderId}`, bearer(other.body.token))).status).toBe(403);
  });
});

describe('GET /tickets', () => {
  it('TK5 a document is handed to its owner or to a signed link, and answered 202 until it is made', async () => {
    const { orderId, tickets, owner } = await bought([3, 4]);
    const { db, tokens } = gateway.deps;
    const early = await call('GET', `/tickets/${orderId}`, owner);
    expect(early.status).toBe(202);
    expect(early.headers['retry-after']).toBe('1');
    await storeDocument(db, orderId, orderId, Buffer.from('%PDF-whole'));
    await storeDocument(db, orderId, tickets[0]!.ticketId, Buffer.from('%PDF-one'));
    const whole = await call('GET', `/tickets/${orderId}`, owner);
    expect(whole.headers['content-type']).toBe('application/pdf');
    expect(String(whole.body)).toBe('%PDF-whole');
    expect(String((await call('GET', `/tickets/${tickets[0]!.ticketId}`, owner)).body)).toBe('%PDF-one');
    expect((await call('GET', `/tickets/${orderId}`)).status).toBe(401);

    const exp = Date.now() + 60_000;
    const link = (id: string, sig: string, at = exp) => call('GET', `/tickets/${id}?exp=${at}&sig=${sig}`);
    expect((await link(orderId, tokens.signLink(orderId, exp))).status).toBe(200);
    expect((await link(tickets[0]!.ticketId, tokens.signLink(orderId, exp))).status).toBe(403);
    expect((await link(orderId, tokens.signLink(orderId, exp), exp + 1)).status).toBe(403);
    expect((await link(orderId, tokens.signLink(orderId, 1), 1)).status).toBe(403);
    expect((await call('GET', `/tickets/${randomUUID()}`, owner)).status).toBe(404);
  });

  it('TK3 a ticket is let in once, by its id or its whole code, and not when it is void', async () => {
    const { orderId, tickets, owner } = await bought([3]);
    const operator = bearer(await gateway.operator());
    const { ticketId } = tickets[0]!;
    const scan = (text: string) => call('POST', '/admin/check-ins', operator, { ticketId: text });
    const first = await scan(`USHER1.${ticketId}.${'A'.repeat(86)}`);
    expect(first).toMatchObject({ status: 200, body: { ticketId, already: false, seat: 3 } });
    expect(await scan(ticketId)).toMatchObject({
      status: 200,
      body: { already: true, checkedInAtMs: first.body.checkedInAtMs, checkedInBy: first.body.checkedInBy },
    });
    for (const text of [randomUUID(), 'nonsense', '']) expect((await scan(text)).status).toBe(404);
    expect((await call('POST', '/admin/check-ins', owner, { ticketId })).status).toBe(403);
    await markRefunded(gateway.deps.db, orderId);
    expect(await scan(ticketId)).toMatchObject({ status: 409, body: { code: 'ticket_void' } });
  });

  it('TK4 operators see how many documents there are, and delete old ones', async () => {
    const { orderId } = await bought([3]);
    const operator = bearer(await gateway.operator());
    await storeDocument(gateway.deps.db, orderId, orderId, Buffer.from('%PDF-x'));
    const stats = await call('GET', '/admin/pdf-stats', operator);
    expect(stats.body.documents).toBeGreaterThanOrEqual(1);
    expect((await call('POST', '/admin/cleanup-tickets', operator)).body).toEqual({ deleted: 0, bytes: 0 });
    const cleaned = await call('POST', '/admin/cleanup-tickets', operator, { olderThanMs: 0 });
    expect(cleaned.body.deleted).toBe(stats.body.documents);
    expect((await call('GET', '/admin/pdf-stats')).status).toBe(401);
  });
});

describe('POST /buy', () => {
  const buy = (eventId: number, body: object, headers: Record<string, string> = {}) =>
    call('POST', `/buy/${eventId}`, headers, { buyer, payment, ...body });

  /** Settles the next order of an event as the checkout service would. */
  const settleNext = (eventId: number, settle: (orderId: string) => Promise<unknown>) =>
    until(async () => {
      const [row] = await gateway.deps.db.sql<{ orderId: string }[]>`
        select order_id as "orderId" from orders where event_id = ${eventId} and state = 'claimed' limit 1`;
      return row && settle(row.orderId).then(() => true);
    });

  it('CK18 buys the best seats in one call where the waiting room is off', async () => {
    const eventId = await gateway.event({ waitingRoom: 'off' });
    const [answer] = await Promise.all([buy(eventId, { quantity: 2 }), settleNext(eventId, pay)]);
    expect(answer).toMatchObject({ status: 201, body: { status: 'paid' } });
    expect(answer.body.tickets.map((ticket: { seat: number }) => ticket.seat)).toEqual([0, 1]);
    const read = await call('GET', `/orders/${answer.body.purchaseId}`, bearer(answer.body.visitorToken));
    expect(read.status).toBe(200);
  });

  it('CK9 what an account buys in one call is in its history', async () => {
    const eventId = await gateway.event({ waitingRoom: 'off' });
    const login = { email: `${randomUUID()}@x.y`, password: 'long enough' };
    const account = bearer((await call('POST', '/auth/signup', {}, login)).body.token);
    const [answer] = await Promise.all([buy(eventId, {}, account), settleNext(eventId, pay)]);
    const { body } = await call('GET', '/me/orders', account);
    expect(body.orders).toMatchObject([{ orderId: answer.body.purchaseId, status: 'paid', seats: [0] }]);
  });

  it('CK18 a decline is 402, and the seats are free for the next at once', async () => {
    const eventId = await gateway.event({ waitingRoom: 'off' });
    const { db, redis } = gateway.deps;
    const decline = async (orderId: string) => {
      const order = (await readOrder(db, orderId))!;
      await markFailed(db, orderId, 'declined', 'card_declined');
      await giveBack(redis, eventId, { ...order, failure: 'card_declined' });
    };
    const [answer] = await Promise.all([buy(eventId, {}), settleNext(eventId, decline)]);
    expect(answer).toMatchObject({ status: 402, body: { code: 'card_declined' } });
    expect(answer.body.purchaseId).toEqual(expect.any(String));
  });

  it('CK18 a payment that takes longer is 202, and the same key asks for the same purchase', async () => {
    const eventId = await gateway.event({ waitingRoom: 'off' });
    const { body: first } = await buy(eventId, {});
    expect(first).toMatchObject({ status: 'pending', tickets: [] });
    const known = { ...bearer(first.visitorToken), 'idempotency-key': 'k' };
    const [second, third] = await Promise.all([buy(eventId, {}, known), buy(eventId, {}, known)]);
    expect([second.status, third.status]).toEqual([202, 202]);
    expect(third.body.purchaseId).toBe(second.body.purchaseId);
    const { body: event } = await call('GET', `/events/${eventId}`);
    expect(event.seats).toMatchObject({ locked: 2, available: 98 });
    await pay(second.body.purchaseId);
    expect(await buy(eventId, {}, known)).toMatchObject({ status: 201, body: { status: 'paid' } });
    expect((await buy(eventId, { quantity: 2 }, known)).status).toBe(422);
  });

  it('CK18 CK3 somebody without a token who lost the answer asks again with the same key', async () => {
    const eventId = await gateway.event({ waitingRoom: 'off' });
    const key = { 'idempotency-key': randomUUID() };
    const [first, second] = await Promise.all([buy(eventId, {}, key), buy(eventId, {}, key)]);
    expect(second.body.purchaseId).toBe(first.body.purchaseId);
    expect((await buy(eventId, { quantity: 2 }, key)).status).toBe(422);
    const { body: event } = await call('GET', `/events/${eventId}`);
    expect(event.seats).toMatchObject({ locked: 1, available: 99 });
  });

  it('CK18 more than are left is sold_out, not a refusal for want of neighbours', async () => {
    const eventId = await gateway.event({ waitingRoom: 'off', seatsPerVisitorMax: 100 });
    await Promise.all([buy(eventId, { quantity: 99 }), settleNext(eventId, pay)]);
    expect(await buy(eventId, { quantity: 2 })).toMatchObject({ status: 409, body: { code: 'sold_out' } });
  });

  it('CK18 an empty house is 409 sold_out, and a waiting room wants an admission', async () => {
    const eventId = await gateway.event({ waitingRoom: 'off', seatsPerVisitorMax: 100 });
    await Promise.all([buy(eventId, { quantity: 100 }), settleNext(eventId, pay)]);
    expect(await buy(eventId, {})).toMatchObject({ status: 409, body: { code: 'sold_out' } });
    const guarded = await gateway.event();
    expect((await buy(guarded, {})).status).toBe(401);
    const visitor = await new TestVisitor(gateway.app, guarded).inside();
    expect((await buy(guarded, {}, bearer(visitor.visitorToken))).status).toBe(403);
    expect((await buy(eventId, {}, bearer(visitor.admissionToken))).status).toBe(403);
    const [answer] = await Promise.all([
      buy(guarded, {}, bearer(visitor.admissionToken)),
      settleNext(guarded, pay),
    ]);
    expect(answer.status).toBe(201);
  });

  it('CK18 seats that Redis forgot were sold are passed over', async () => {
    const eventId = await gateway.event({ waitingRoom: 'off' });
    const { db, store } = gateway.deps;
    await store.run(eventId, async () => {});
    const rival = randomUUID();
    await claimOrder(db, {
      ...{
        orderId: rival,
        eventId,
        visitorId: 'rival',
        accountId: null,
        admissionId: '',
        holdId: 'h',
        fence: 1,
      },
      ...{
        buyerName: 'R',
        buyerEmail: 'r@x.y',
        paymentMethod: 'pm_card_visa',
        currency: 'EUR',
        bodyHash: 'x',
      },
      ...{ payByMs: Date.now() + 60_000, items: [{ seat: 0, priceMinor: 1, categoryId: 'a' }] },
    });
    await markPaid(db, rival, 'ref');
    const [answer] = await Promise.all([buy(eventId, {}), settleNext(eventId, pay)]);
    expect(answer.status).toBe(201);
    expect(answer.body.tickets[0].seat).toBe(1);
  });
});
