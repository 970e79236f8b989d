import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../../shared/testing/redis.ts';
import { type TestGateway, TestVisitor, testGateway } from '../test-gateway.ts';

let database: TestDatabase;
let server: TestRedisServer;
let gateway: TestGateway;

beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
  gateway = await testGateway(
    { redisUrl: server.url, databaseUrl: database.url },
    { HOLDS_PER_MINUTE: '60' },
  );
});

afterAll(async () => {
  await gateway?.close();
  await Promise.all([server?.close(), database?.close()]);
});

const inside = async (eventId: number) => new TestVisitor(gateway.app, eventId).inside();

describe('holds over HTTP', () => {
  it('HO1 a hold is granted whole, or refused with the seats that were taken', async () => {
    const eventId = await gateway.event();
    const [a, b] = [await inside(eventId), await inside(eventId)];
    const held = await a.hold({ seats: [12, 13] });
    expect(held).toMatchObject({ status: 201, body: { seats: [12, 13] } });
    expect(held.body.expiresAtMs).toBeGreaterThan(Date.now());
    const refused = await b.hold({ seats: [11, 12] });
    expect(refused).toMatchObject({ status: 409, body: { code: 'seats_taken', taken: [12] } });
    const { body } = await b.call('GET', '');
    expect(body.seats).toEqual({ total: 100, available: 98, locked: 2, sold: 0, blocked: 0 });
  });

  it('HO2 forty visitors want one seat: one gets it', async () => {
    const eventId = await gateway.event();
    const visitors = await Promise.all(Array.from({ length: 40 }, () => inside(eventId)));
    const statuses = await Promise.all(visitors.map(async (v) => (await v.hold({ seats: [7] })).status));
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(39);
  });

  it('HO4 an Idempotency-Key makes a retry the same hold, for this visitor and event only', async () => {
    const eventId = await gateway.event();
    const [a, b] = [await inside(eventId), await inside(eventId)];
    const key = { 'idempotency-key': 'one' };
    const first = await a.hold({ seats: [1] }, key);
    const again = await a.hold({ seats: [1] }, key);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect((await b.hold({ seats: [2] }, key)).body.holdId).not.toBe(first.body.holdId);
    expect(await a.hold({ seats: [3] }, { 'idempotency-key': 'x'.repeat(300) })).toMatchObject({
      status: 400,
      body: { code: 'bad_request' },
    });
  });

  it('HO5 the best seats come side by side, from the section or category asked for', async () => {
    const eventId = await gateway.event({}, { template: 'theatre', seats: 300 });
    const visitor = await inside(eventId);
    const plan = (await visitor.call('GET', '/seats')).body;
    const best = await visitor.hold({ best: { count: 3, sectionId: plan.sections[0].id } });
    expect(best.status).toBe(201);
    expect(best.body.seats).toHaveLength(3);
    const [first, second, third] = best.body.seats;
    expect([second, third]).toEqual([first + 1, first + 2]);
    expect(await visitor.hold({ best: { count: 1, sectionId: 'nowhere' } })).toMatchObject({
      status: 400,
      body: { code: 'bad_request', details: [{ path: '/best/sectionId' }] },
    });
  });

  it('HO6 HO7 adding, extending once, and giving back; a stranger finds no such hold', async () => {
    const eventId = await gateway.event();
    const [a, b] = [await inside(eventId), await inside(eventId)];
    const { body: hold } = await a.hold({ seats: [1] });
    const more = await a.hold({ seats: [2], holdId: hold.holdId });
    expect(more.body).toEqual({ holdId: hold.holdId, seats: [1, 2], expiresAtMs: hold.expiresAtMs });
    const path = `/holds/${hold.holdId}`;
    expect(await b.call('DELETE', path, { as: 'admission' })).toMatchObject({
      status: 404,
      body: { code: 'unknown_hold' },
    });
    const extended = await a.call('POST', `${path}/extension`, { as: 'admission' });
    expect(extended.status).toBe(200);
    expect(extended.body.expiresAtMs).toBeGreaterThanOrEqual(hold.expiresAtMs);
    expect(await a.call('POST', `${path}/extension`, { as: 'admission' })).toMatchObject({
      status: 409,
      body: { code: 'already_extended' },
    });
    expect((await a.call('DELETE', path, { as: 'admission' })).status).toBe(204);
    expect((await a.call('DELETE', path, { as: 'admission' })).status).toBe(404);
  });

  it('HO10 no more seats than one visitor may have', async () => {
    const visitor = await inside(await gateway.event({ seatsPerVisitorMax: 2 }));
    expect(await visitor.hold({ seats: [1, 2, 3] })).toMatchObject({
      status: 409,
      body: { code: 'over_limit' },
    });
  });

  it('AD7 leaving the room releases the holds, and the token is worth nothing after it', async () => {
    const eventId = await gateway.event();
    const [a, b] = [await inside(eventId), await inside(eventId)];
    await a.hold({ seats: [5] });
    expect((await a.call('DELETE', '/admission', { as: 'admission' })).status).toBe(204);
    expect((await a.call('DELETE', '/admission', { as: 'admission' })).status).toBe(204);
    expect(await a.hold({ seats: [6] })).toMatchObject({ status: 403, body: { code: 'admission_ended' } });
    expect((await b.hold({ seats: [5] })).status).toBe(201);
  });

  it('ER1 seats that are none, and bodies that say nothing, are faults of the request', async () => {
    const visitor = await inside(await gateway.event());
    for (const body of [
      {},
      { seats: [] },
      { seats: [1.5] },
      { seats: ['1'] },
      { seats: [1, 1] },
      { seats: [1], best: { count: 1 } },
      { best: { count: 0 } },
      { best: { count: 1 }, holdId: 'a' },
      { seats: [1], holdId: 'usher:{1}' },
    ]) {
      expect(await visitor.hold(body), JSON.stringify(body)).toMatchObject({
        status: 400,
        body: { code: 'bad_request' },
      });
    }
    for (const seats of [[100], [-1]]) {
      expect(await visitor.hold({ seats })).toMatchObject({ status: 400, body: { code: 'unknown_seat' } });
    }
  });

  it('HO3 sixty attempts a minute, then 429 with Retry-After', async () => {
    const visitor = await inside(await gateway.event());
    const answers = [];
    for (let at = 0; at < 61; at++) answers.push(await visitor.hold({ seats: [at % 4] }));
    expect(answers.slice(0, 60).every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(answers[60]).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(answers[60]!.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('who may hold', () => {
  it('HO3 401 without a token or with one that is none; 403 with one for something or somebody else', async () => {
    const [eventId, otherEvent] = [await gateway.event(), await gateway.event()];
    const [a, b] = [await inside(eventId), await inside(eventId)];
    const elsewhere = await inside(otherEvent);
    const { tokens } = gateway.deps;
    const past = tokens.signAdmission({
      eventId,
      visitorId: 'somebody',
      admissionId: 'x-1',
      expiresAtMs: Date.now() - 1,
    });
    const forged = `${a.admissionToken.slice(0, -8)}AAAAAAAA`;
    const cookieOf = (visitor: TestVisitor) => ({ cookie: `usher_visitor=${visitor.visitorToken}` });
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const cases: [string, Record<string, string>, number, string][] = [
      ['nothing', {}, 401, 'no_token'],
      ['a cookie alone', cookieOf(a), 401, 'no_token'],
      ['not a token', bearer('nonsense'), 401, 'bad_token'],
      ['a forged one', bearer(forged), 401, 'bad_token'],
      ['the visitor token', bearer(a.visitorToken), 403, 'wrong_token'],
      ['another event', bearer(elsewhere.admissionToken), 403, 'wrong_token'],
      ['an old one', bearer(past), 403, 'token_expired'],
      ['another visitor’s', { ...bearer(a.admissionToken), ...cookieOf(b) }, 403, 'wrong_token'],
      ['the own with the own cookie', { ...bearer(a.admissionToken), ...cookieOf(a) }, 201, ''],
    ];
    for (const [name, headers, status, code] of cases) {
      const answer = await gateway.app.inject({
        method: 'POST',
        url: `/events/${eventId}/holds`,
        headers,
        payload: { seats: [1] },
      });
      expect([name, answer.statusCode, answer.json().code ?? '']).toEqual([name, status, code]);
    }
  });

  it('AC2 the line wants the visitor’s own token: 401 without, 403 with two that disagree', async () => {
    const eventId = await gateway.event();
    const [a, b] = [await inside(eventId), await inside(eventId)];
    const me = (headers: Record<string, string>) =>
      gateway.app.inject({ url: `/events/${eventId}/line/me`, headers });
    expect((await me({})).statusCode).toBe(401);
    expect((await me({ authorization: 'Bearer nonsense' })).statusCode).toBe(401);
    expect((await me({ authorization: `Bearer ${a.admissionToken}` })).statusCode).toBe(403);
    const both = { authorization: `Bearer ${a.visitorToken}`, cookie: `usher_visitor=${b.visitorToken}` };
    expect((await me(both)).statusCode).toBe(403);
    expect((await me({ cookie: `usher_visitor=${b.visitorToken}` })).statusCode).toBe(200);
  });
});
