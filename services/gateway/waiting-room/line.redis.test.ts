import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../../shared/testing/redis.ts';
import { until } from '../../../shared/testing/wait.ts';
import { type TestGateway, TestVisitor, testGateway } from '../test-gateway.ts';

let database: TestDatabase;
let server: TestRedisServer;
let one: TestGateway;
let two: TestGateway;

beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
  const stores = { redisUrl: server.url, databaseUrl: database.url };
  one = await testGateway(stores, {}, { loops: true });
  two = await testGateway(stores, {}, { loops: true });
});

afterAll(async () => {
  await Promise.all([one?.close(), two?.close()]);
  await Promise.all([server?.close(), database?.close()]);
});

describe('the line over HTTP', () => {
  it('AD1 a join gives 201 with token, cookie and place, and the same place when asked again', async () => {
    const visitor = new TestVisitor(one.app, await one.event({ capacity: 1, ratePerMinute: 60_000 }));
    await new TestVisitor(one.app, visitor.eventId).inside();
    const first = await visitor.join();
    expect(first.status).toBe(201);
    expect(first.body.place).toMatchObject({ state: 'waiting', number: 2, position: 1 });
    expect(first.headers['set-cookie']).toMatch(/^usher_visitor=.*HttpOnly; SameSite=Lax$/);
    const cookie = String(first.headers['set-cookie']).split(';')[0]!;
    const again = await visitor.join();
    expect(again.status).toBe(201);
    expect(again.body.place.number).toBe(2);
    const byCookie = await visitor.call('POST', '/line', { as: 'nobody', headers: { cookie } });
    expect(byCookie.body.place.number).toBe(2);
    const me = await visitor.call('GET', '/line/me');
    expect(me).toMatchObject({ status: 200, body: { state: 'waiting', number: 2, position: 1 } });
    expect(me.body.latestWaitMs).toBeGreaterThan(0);
  });

  it('AD1 the same visitor joining twenty times at once has one place', async () => {
    const visitor = new TestVisitor(one.app, await one.event({ capacity: 1 }));
    await visitor.join();
    const places = await Promise.all(
      Array.from({ length: 20 }, () => visitor.call('POST', '/line').then(({ body }) => body.place.number)),
    );
    expect(new Set(places)).toEqual(new Set([1]));
  });

  it('AD3 200 joins through two gateways: never more inside than the cap, in the order of the numbers', async () => {
    const capacity = 20;
    const eventId = await one.event({ capacity, ratePerMinute: 1_000_000, claimMs: 60_000 });
    const visitors = Array.from(
      { length: 200 },
      (_, at) => new TestVisitor(at % 2 === 0 ? one.app : two.app, eventId),
    );
    const numbers = await Promise.all(
      visitors.map(async (v) => (await v.join()).body.place.number as number),
    );
    expect(new Set(numbers).size).toBe(200);
    const byNumber = visitors
      .map((visitor, at) => ({ visitor, number: numbers[at]! }))
      .sort((a, b) => a.number - b.number);

    const entered = await Promise.all(byNumber.map(async ({ visitor }) => (await visitor.enter()).status));
    expect(entered.slice(0, capacity)).toEqual(Array(capacity).fill(201));
    expect(entered.slice(capacity)).toEqual(Array(200 - capacity).fill(409));
    const { body } = await visitors[0]!.call('GET', '');
    expect(body.line).toEqual({ waiting: 200 - capacity, inside: capacity });

    // Whoever leaves makes room for the next number and for nobody else.
    await byNumber[0]!.visitor.call('DELETE', '/admission', { as: 'admission' });
    const next = byNumber[capacity]!.visitor;
    await until(async () => (await next.call('GET', '/line/me')).body.state === 'called');
    expect((await byNumber[capacity + 1]!.visitor.enter()).body.code).toBe('not_called');
    expect((await next.enter()).status).toBe(201);
  });

  it('AD4 entering: 201, then 200 with the same admission; 409 before the call', async () => {
    const eventId = await one.event({ capacity: 1 });
    const first = new TestVisitor(one.app, eventId);
    await first.join();
    const entered = await first.enter();
    expect(entered.status).toBe(201);
    expect(entered.body.seatsUrl).toBe(`ws://localhost:8081/events/${eventId}`);
    const again = await first.enter();
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({
      admissionId: entered.body.admissionId,
      expiresAtMs: entered.body.expiresAtMs,
    });
    const second = new TestVisitor(two.app, eventId);
    await second.join();
    expect(await second.enter()).toMatchObject({ status: 409, body: { code: 'not_called' } });
  });

  it('AD4 who does not claim in time gets 410, and the next is called', async () => {
    const eventId = await one.event({ capacity: 1, claimMs: 1_000 });
    const late = new TestVisitor(one.app, eventId);
    const next = new TestVisitor(two.app, eventId);
    await late.join();
    await next.join();
    await until(async () => (await next.call('GET', '/line/me')).body.state === 'called');
    expect(await late.enter()).toMatchObject({ status: 410, body: { code: 'place_expired' } });
  });

  it('AD6 leaving moves everybody behind up, once', async () => {
    const eventId = await one.event({ capacity: 1 });
    await new TestVisitor(one.app, eventId).inside();
    const [a, b, c] = Array.from({ length: 3 }, () => new TestVisitor(one.app, eventId));
    for (const visitor of [a!, b!, c!]) await visitor.join();
    expect((await b!.call('DELETE', '/line/me')).status).toBe(204);
    expect((await b!.call('DELETE', '/line/me')).status).toBe(204);
    expect((await a!.call('GET', '/line/me')).body.position).toBe(1);
    expect((await c!.call('GET', '/line/me')).body.position).toBe(2);
    expect((await b!.call('GET', '/line/me')).body.state).toBe('left');
  });

  it('AD10 joining again after leaving is a new place at the end', async () => {
    const eventId = await one.event({ capacity: 1 });
    await new TestVisitor(one.app, eventId).inside();
    const [a, b] = [new TestVisitor(one.app, eventId), new TestVisitor(two.app, eventId)];
    await a.join();
    await b.join();
    await a.call('DELETE', '/line/me');
    expect((await a.join()).body.place).toMatchObject({ state: 'waiting', number: 4, position: 2 });
  });

  it('AD8 an admission ends by itself and its slot goes to the next', async () => {
    const eventId = await one.event({ capacity: 1, admissionMs: 1_000 });
    const inside = await new TestVisitor(one.app, eventId).inside();
    const next = new TestVisitor(one.app, eventId);
    await next.join();
    await until(async () => (await next.call('GET', '/line/me')).body.state === 'called');
    expect(await inside.hold({ seats: [1] })).toMatchObject({ status: 403, body: { code: 'token_expired' } });
  });

  it('AD9 the board is the same bytes for everybody, cacheable for a second, with a tag', async () => {
    const eventId = await one.event({ capacity: 2 });
    for (let at = 0; at < 4; at++) await new TestVisitor(one.app, eventId).join();
    const read = (headers = {}) => one.app.inject({ url: `/events/${eventId}/line`, headers });
    const [first, second] = await Promise.all([read(), read()]);
    expect(first.rawPayload.equals(second.rawPayload)).toBe(true);
    expect(first.headers['cache-control']).toBe('public, max-age=1');
    expect(first.json()).toMatchObject({ state: 'open', waiting: 2, capacity: 2, calledThrough: 2 });
    expect(first.json().segments).toEqual([
      { from: 3, to: 3, waiting: 1 },
      { from: 4, to: 4, waiting: 1 },
    ]);
    const unchanged = await read({ 'if-none-match': first.headers.etag });
    expect(unchanged.statusCode).toBe(304);
    expect(unchanged.body).toBe('');
  });

  it('AD4 before the lobby nobody joins; in the lobby everybody may and nobody enters', async () => {
    const soon = Date.now() + 60_000;
    const closed = new TestVisitor(one.app, await one.event({ lobbyOpensAtMs: soon, opensAtMs: soon + 1 }));
    expect(await closed.join()).toMatchObject({ status: 409, body: { code: 'not_on_sale' } });
    const lobby = new TestVisitor(one.app, await one.event({ opensAtMs: soon }));
    expect((await lobby.join()).body.place).toMatchObject({
      state: 'lobby',
      position: null,
      latestWaitMs: null,
    });
    expect((await lobby.enter()).body.code).toBe('not_called');
  });
});
