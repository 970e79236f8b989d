import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword, passwordFits } from '../../../db/accounts.ts';
import { DEMO_OPERATOR, seedDemo } from '../../../db/seed-demo.ts';
import { type TestDatabase, testDatabase } from '../../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../../shared/testing/redis.ts';
import { type TestGateway, testGateway } from '../test-gateway.ts';

let database: TestDatabase;
let server: TestRedisServer;
let gateway: TestGateway;

beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
  gateway = await testGateway(
    { redisUrl: server.url, databaseUrl: database.url },
    { TRUST_PROXY: 'loopback', USHER_EMBEDDED: '1', JOINS_PER_MINUTE: '30', LOGINS_PER_MINUTE: '20' },
  );
});

afterAll(async () => {
  await gateway?.close();
  await Promise.all([server?.close(), database?.close()]);
});

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  gateway.app.inject({ method: 'POST', url, payload, headers });

describe('accounts', () => {
  it('AC1 signing up and logging in; the address is free of case, the password is not', async () => {
    const made = await post('/auth/signup', { email: 'Ada@Example.org', password: 'correct horse' });
    expect(made.statusCode).toBe(201);
    expect(made.json().account).toMatchObject({ email: 'ada@example.org', role: 'visitor' });
    expect(made.body).not.toContain('scrypt');
    expect(
      (await post('/auth/signup', { email: 'ada@example.org', password: 'another one' })).statusCode,
    ).toBe(409);
    const entered = await post('/auth/login', { email: 'ADA@example.org', password: 'correct horse' });
    expect(entered.statusCode).toBe(200);
    expect(entered.headers['set-cookie']).toMatch(/^usher_account=.*HttpOnly; SameSite=Lax$/);
    for (const [email, password] of [
      ['ada@example.org', 'Correct horse'],
      ['nobody@example.org', 'correct horse'],
    ]) {
      const refused = await post('/auth/login', { email: email!, password: password! });
      expect([refused.statusCode, refused.json().code]).toEqual([401, 'bad_login']);
    }
    const { token } = entered.json();
    const me = (headers: Record<string, string>) => gateway.app.inject({ url: '/auth/me', headers });
    expect((await me({ authorization: `Bearer ${token}` })).json().email).toBe('ada@example.org');
    expect((await me({ cookie: `usher_account=${token}` })).statusCode).toBe(200);
    expect((await me({})).statusCode).toBe(401);
    expect((await me({ authorization: `Bearer ${token}x` })).statusCode).toBe(401);
  });

  it('AC1 a hash has a salt of its own', async () => {
    const [one, two] = [await hashPassword('same'), await hashPassword('same')];
    expect(one).not.toBe(two);
    expect(await passwordFits('same', one)).toBe(true);
    expect(await passwordFits('Same', two)).toBe(false);
  });

  it('AC1 a short password is refused', async () => {
    const refused = await post('/auth/signup', { email: 'b@example.org', password: 'seven77' });
    expect([refused.statusCode, refused.json().details[0].path]).toEqual([400, '/password']);
  });

  it('AC2 a visitor is linked to the account that logs in first, and to no other', async () => {
    const cookie = `usher_visitor=${gateway.deps.tokens.signVisitor('browser-1')}`;
    const { account } = (
      await post('/auth/signup', { email: 'c@example.org', password: 'long enough' }, { cookie })
    ).json();
    await post('/auth/signup', { email: 'd@example.org', password: 'long enough' }, { cookie });
    const links = await database.sql`select account_id from account_visitors where visitor_id = 'browser-1'`;
    expect(links.map((row) => row.account_id)).toEqual([account.accountId]);
    const history = await gateway.app.inject({ url: '/me/orders', headers: { cookie } });
    expect(history.json()).toEqual({ orders: [] });
    expect((await gateway.app.inject({ url: '/me/orders' })).statusCode).toBe(401);
  });

  it('AC1 the demo’s accounts can log in, and seeding twice is seeding once', async () => {
    const first = await seedDemo(database.url);
    expect(await seedDemo(database.url)).toEqual(first);
    expect(first.events).toHaveLength(4);
    const entered = await post('/auth/login', DEMO_OPERATOR);
    expect(entered.json().account.role).toBe('operator');
  });
});

describe('limits by address', () => {
  it('AD4 thirty joins a minute for an address behind a believed proxy; loopback itself is not limited', async () => {
    const eventId = await gateway.event();
    const join = async (address?: string) => {
      const headers = address === undefined ? {} : { 'x-forwarded-for': address };
      return gateway.app.inject({ method: 'POST', url: `/events/${eventId}/line`, headers });
    };
    for (let at = 0; at < 30; at++) expect((await join('203.0.113.7')).statusCode).toBe(201);
    const refused = await join('203.0.113.7');
    expect([refused.statusCode, refused.json().code]).toEqual([429, 'rate_limited']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await join('203.0.113.8')).statusCode).toBe(201);
    for (let at = 0; at < 40; at++) expect((await join()).statusCode).toBe(201);
  });

  it('AC1 logging in is limited too', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    const tries = await Promise.all(
      Array.from({ length: 21 }, () => post('/auth/login', { email: 'x@y.z', password: 'guess' }, headers)),
    );
    expect(tries.filter(({ statusCode }) => statusCode === 429)).toHaveLength(1);
  });

  it('AC2 behind https the cookie is for https only', async () => {
    const eventId = await gateway.event();
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.10' };
    const joined = await gateway.app.inject({ method: 'POST', url: `/events/${eventId}/line`, headers });
    expect(joined.headers['set-cookie']).toMatch(/; Secure$/);
  });
});
