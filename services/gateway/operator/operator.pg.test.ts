import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../../shared/testing/redis.ts';
import { type TestGateway, TestVisitor, testGateway } from '../test-gateway.ts';

let database: TestDatabase;
let server: TestRedisServer;
let gateway: TestGateway;
let operator: string;

beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
  gateway = await testGateway({ redisUrl: server.url, databaseUrl: database.url });
  operator = await gateway.operator();
});

afterAll(async () => {
  await gateway?.close();
  await Promise.all([server?.close(), database?.close()]);
});

type Call = { body?: unknown; token?: string; headers?: Record<string, string> };
async function call(
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  { body, token = operator, headers = {} }: Call = {},
) {
  const answer = await gateway.app.inject({
    method,
    url,
    headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...headers },
    ...(body !== undefined && { payload: body as object }),
  });
  return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
}

const newEvent = (onSale: object = {}, venue: object = { template: 'general', seats: 50 }) => ({
  name: 'An evening',
  startsAtMs: Date.now() + 86_400_000,
  venue,
  onSale,
});

describe('operators', () => {
  it('OP1 every operator’s call is 401 for nobody and 403 for everybody else', async () => {
    const visitor = gateway.deps.tokens.signAccount({ accountId: crypto.randomUUID(), role: 'visitor' });
    const browser = gateway.deps.tokens.signVisitor('somebody');
    const calls = gateway.routes
      .filter((route) => route.includes(' /admin/'))
      .map((route) => route.replace(/:\w+/g, '1').split(' ') as ['GET' | 'POST' | 'PATCH', string]);
    expect(calls.length).toBeGreaterThanOrEqual(14);
    for (const [method, url] of calls) {
      const body = method === 'GET' ? {} : { body: {} };
      expect([url, (await call(method, url, { token: '', ...body })).status]).toEqual([url, 401]);
      expect([url, (await call(method, url, { token: 'nonsense', ...body })).status]).toEqual([url, 401]);
      expect([url, (await call(method, url, { token: visitor, ...body })).status]).toEqual([url, 403]);
      expect([url, (await call(method, url, { token: browser, ...body })).status]).toEqual([url, 403]);
    }
  });

  it('OP1 an event is there as soon as it is made, with exactly its seats, and stands in the audit', async () => {
    const { status, body } = await call('POST', '/admin/events', {
      body: newEvent({ capacity: 7 }, { template: 'arena', seats: 3_000 }),
    });
    expect(status).toBe(201);
    const details = await call('GET', `/events/${body.eventId}`);
    expect(details.body).toMatchObject({
      seats: { total: 3_000, available: 3_000 },
      onSale: { state: 'open', capacity: 7, ratePerMinute: 600, holdMs: 300_000 },
    });
    const { events } = (await call('GET', '/events?q=evening&limit=200')).body;
    expect(events.map(({ eventId }: { eventId: number }) => eventId)).toContain(body.eventId);
    const audit = await call('GET', `/admin/audit?eventId=${body.eventId}`);
    expect(audit.body.entries).toMatchObject([{ action: 'event_created', eventId: body.eventId }]);
  });

  it('OP1 one Idempotency-Key makes one event, twins in flight among them; another body is 422', async () => {
    const body = newEvent();
    const headers = { 'idempotency-key': 'make-it' };
    const made = await Promise.all(
      Array.from({ length: 5 }, () => call('POST', '/admin/events', { body, headers })),
    );
    expect(new Set(made.map((answer) => answer.body.eventId)).size).toBe(1);
    expect(made.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
    const other = await call('POST', '/admin/events', { body: { ...body, name: 'Another' }, headers });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
  });

  it('OP2 levers have their ranges, and hold from the next step on', async () => {
    for (const onSale of [
      { capacity: 0 },
      { capacity: 1_000_001 },
      { ratePerMinute: -1 },
      { holdMs: 999 },
      { seatsPerVisitorMax: 101 },
      { waitingRoom: 'maybe' },
      { capasity: 5 },
    ]) {
      const answer = await call('POST', '/admin/events', { body: newEvent(onSale) });
      expect([onSale, answer.status, answer.body.code]).toEqual([onSale, 400, 'bad_request']);
      expect(answer.body.details[0].path).toBe(`/onSale/${Object.keys(onSale)[0]}`);
    }
    const eventId = await gateway.event({ capacity: 1 });
    await new TestVisitor(gateway.app, eventId).inside();
    const waiting = new TestVisitor(gateway.app, eventId);
    expect((await waiting.join()).body.place.state).toBe('waiting');
    const paused = await call('PATCH', `/admin/events/${eventId}/on-sale`, {
      body: { paused: true, capacity: 2, message: 'A moment' },
    });
    expect(paused).toMatchObject({
      status: 200,
      body: { onSale: { paused: true, capacity: 2, holdMs: 300_000 } },
    });
    expect((await call('GET', `/events/${eventId}`)).body.onSale).toMatchObject({
      state: 'paused',
      message: 'A moment',
    });
    expect((await waiting.enter()).body.code).toBe('not_called');
    await call('PATCH', `/admin/events/${eventId}/on-sale`, { body: { paused: false } });
    expect((await waiting.enter()).status).toBe(201);
    await call('POST', `/admin/events/${eventId}/close`);
    expect((await new TestVisitor(gateway.app, eventId).join()).body.code).toBe('not_on_sale');
    expect((await call('POST', `/admin/events/${eventId}/open`)).body.onSale.closedAtMs).toBeNull();
    expect((await new TestVisitor(gateway.app, eventId).join()).status).toBe(201);
    expect((await call('POST', '/admin/events/999999/open')).status).toBe(404);
  });

  it('OP3 blocking, unblocking and releasing seats; what is held is refused, and a wiped Redis gets it back', async () => {
    const eventId = await gateway.event();
    const visitor = await new TestVisitor(gateway.app, eventId).inside();
    await visitor.hold({ seats: [1, 2] });
    const act = (word: string, seats: number[]) =>
      call('POST', `/admin/events/${eventId}/seats/${word}`, { body: { seats } });
    expect((await act('block', [2, 3, 4])).body).toEqual({ changed: [3, 4], refused: [2] });
    expect((await act('block', [100])).body.code).toBe('unknown_seat');
    expect(await visitor.hold({ seats: [3] })).toMatchObject({ status: 409, body: { taken: [3] } });
    const holds = await call('GET', `/admin/events/${eventId}/holds`);
    expect(holds.body.holds).toMatchObject([{ seats: [1, 2], state: 'held' }]);
    expect((await act('release', [2])).body.changed).toContain(2);
    expect((await act('unblock', [4])).body).toEqual({ changed: [4], refused: [] });
    const stored = await database.sql`select seat_index from blocked_seats where event_id = ${eventId}`;
    expect(stored.map((row) => row.seat_index)).toEqual([3]);
    expect((await call('GET', `/events/${eventId}`)).body.seats).toMatchObject({
      blocked: 1,
      locked: 0,
      available: 99,
    });
  });

  it('OP1 a plan is read before anything is made of it, and every fault of it is told', async () => {
    const csv = 'not,a,plan\n1,2,3\n';
    const bad = await call('POST', '/admin/venues/import', {
      body: csv,
      headers: { 'content-type': 'text/csv' },
    });
    expect(bad).toMatchObject({ status: 400, body: { code: 'bad_venue' } });
    expect(bad.body.faults.length).toBeGreaterThan(0);
    const good = await call('POST', '/admin/venues/import', { body: { template: 'theatre', seats: 120 } });
    expect(good.body.plan.seatCount).toBe(120);
    const made = await call('POST', '/admin/events', { body: newEvent({}, good.body.plan) });
    expect(made.status).toBe(201);
    expect(
      (await call('POST', '/admin/events', { body: newEvent({}, { template: 'castle' }) })).body.code,
    ).toBe('bad_venue');
  });

  it('OP1 the report begins at nothing', async () => {
    const eventId = await gateway.event();
    const { body } = await call('GET', `/admin/events/${eventId}/report`);
    expect(body).toMatchObject({ eventId, sold: 0, revenueMinor: 0, conversion: null, orders: { total: 0 } });
    expect(body.byCategory).toHaveLength(1);
  });
});
