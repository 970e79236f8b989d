/** Access to the line over HTTP: accounts, codes, the challenge, limits, parked places. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAccount } from '../../../db/accounts.ts';
import { solveChallenge } from '../../../shared/client/solve-challenge.ts';
import type { OnSale } from '../../../shared/domain/on-sale.ts';
import { type TestDatabase, testDatabase } from '../../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../../shared/testing/redis.ts';
import { type TestGateway, TestVisitor, testGateway } from '../test-gateway.ts';
import { Challenges } from './challenge.ts';

let database: TestDatabase;
let server: TestRedisServer;
let gateway: TestGateway;
let operator: string;

const LIMITS = { PARK_JOINS_PER_ADDRESS: '3', ACCOUNT_JOINS_PER_MINUTE: '12', TRUST_PROXY: '127.0.0.1' };

beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
  gateway = await testGateway({ redisUrl: server.url, databaseUrl: database.url }, LIMITS);
  operator = await gateway.operator();
});

afterAll(async () => {
  await gateway?.close();
  await Promise.all([server?.close(), database?.close()]);
});

let addresses = 0;
/** A join as somebody with an address of its own, unless the headers say another. */
async function join(eventId: number, body?: object, headers: Record<string, string> = {}) {
  addresses++;
  const from = { 'x-forwarded-for': `10.1.${addresses >> 8}.${addresses & 255}` };
  const visitor = new TestVisitor(gateway.app, eventId);
  return visitor.call('POST', '/line', { ...(body && { body }), headers: { ...from, ...headers } });
}
const me = (eventId: number, token: string) =>
  new TestVisitor(gateway.app, eventId).call('GET', '/line/me', {
    headers: { authorization: `Bearer ${token}` },
  });
async function admin(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) {
  const headers = { authorization: `Bearer ${operator}` };
  const url = `/admin/events/${path}`;
  const answer = await gateway.app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
}
const lever = (eventId: number, onSale: Partial<OnSale>) => admin('PATCH', `${eventId}/on-sale`, onSale);
let accounts = 0;
async function account(): Promise<{ authorization: string }> {
  accounts++;
  const made = await createAccount(gateway.deps.db, {
    email: `fan-${accounts}@usher.test`,
    password: 'password',
  });
  const token = gateway.deps.tokens.signAccount({ accountId: made.accountId, role: 'visitor' });
  return { authorization: `Bearer ${token}` };
}
const visitorOf = (token: string) => gateway.deps.tokens.readVisitor(token);

describe('accounts', () => {
  it('AD19 AD20 a second device of an account is the same visitor with the same place; ten at once are one', async () => {
    const eventId = await gateway.event({ capacity: 1 });
    await join(eventId);
    expect((await lever(eventId, { access: 'account' })).status).toBe(200);
    expect(await join(eventId)).toMatchObject({ status: 401, body: { code: 'account_required' } });
    const fan = await account();
    const phone = await join(eventId, {}, fan);
    expect(phone).toMatchObject({ status: 201, body: { place: { number: 2, position: 1 } } });
    const laptop = await join(eventId, undefined, fan);
    expect(laptop.body.place.number).toBe(2);
    expect(visitorOf(laptop.body.visitorToken)).toBe(visitorOf(phone.body.visitorToken));
    expect(laptop.headers['set-cookie']).toContain(laptop.body.visitorToken);
    const other = await account();
    const ten = await Promise.all(Array.from({ length: 10 }, () => join(eventId, {}, other)));
    expect(new Set(ten.map(({ body }) => body.place.number))).toEqual(new Set([3]));
    expect(new Set(ten.map(({ body }) => visitorOf(body.visitorToken))).size).toBe(1);
    // Whoever has a place is asked for nothing.
    const again = await join(eventId, {}, { authorization: `Bearer ${phone.body.visitorToken}` });
    expect(again.body.place.number).toBe(2);
  });

  it('AC2 another account in the same browser gets a visitor of its own', async () => {
    const eventId = await gateway.event({ capacity: 1, access: 'account' });
    const elsewhere = await gateway.event({ capacity: 1, access: 'account' });
    const first = await join(eventId, {}, await account());
    const cookie = { cookie: `usher_visitor=${first.body.visitorToken}` };
    const second = await join(elsewhere, {}, { ...cookie, ...(await account()) });
    expect(second.status).toBe(201);
    expect(visitorOf(second.body.visitorToken)).not.toBe(visitorOf(first.body.visitorToken));
  });

  it('AD19 an account joins so often a minute, from whatever address', async () => {
    const eventId = await gateway.event();
    const fan = await account();
    for (let at = 0; at < 12; at++) expect((await join(eventId, {}, fan)).status).toBe(201);
    expect(await join(eventId, {}, fan)).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  });
});

describe('codes', () => {
  it('OP1 AD20 operators make codes, see their uses and revoke them; each step is in the audit', async () => {
    const eventId = await gateway.event({ capacity: 1, access: 'code' });
    const made = await admin('POST', `${eventId}/codes`, { kind: 'presale', count: 3, label: 'fan club' });
    expect(made.status).toBe(201);
    const [one, two] = made.body.codes as { code: string; codeId: string }[];
    expect(one!.code).toMatch(/^([A-Z2-9]{4}-){3}[A-Z2-9]{4}$/);
    expect(await join(eventId)).toMatchObject({ status: 403, body: { code: 'code_required' } });
    expect(await join(eventId, { code: 'AAAA-BBBB-CCCC-DDDD' })).toMatchObject({
      status: 403,
      body: { code: 'bad_code' },
    });
    const first = await join(eventId, { code: one!.code.toLowerCase().replaceAll('-', ' ') });
    expect(first.status).toBe(201);
    const second = await join(eventId, { code: one!.code });
    expect(second.body.place.number).toBe(first.body.place.number);
    expect(visitorOf(second.body.visitorToken)).toBe(visitorOf(first.body.visitorToken));

    const listed = await admin('GET', `${eventId}/codes`);
    const uses = new Map(listed.body.codes.map((code: { codeId: string }) => [code.codeId, code]));
    expect(uses.get(one!.codeId)).toMatchObject({
      uses: 1,
      usesMax: 1,
      label: 'fan club',
      revokedAtMs: null,
    });
    expect(JSON.stringify(listed.body)).not.toContain(one!.code);
    expect((await admin('DELETE', `${eventId}/codes/${two!.codeId}`)).status).toBe(204);
    expect((await admin('DELETE', `${eventId}/codes/${'0'.repeat(32)}`)).status).toBe(404);
    expect((await join(eventId, { code: two!.code })).body.code).toBe('bad_code');

    const own = { kind: 'presale', code: 'Summer 2026', usesMax: 2 };
    expect((await admin('POST', `${eventId}/codes`, own)).status).toBe(201);
    expect(await admin('POST', `${eventId}/codes`, own)).toMatchObject({ status: 409 });
    const tries = await Promise.all(Array.from({ length: 4 }, () => join(eventId, { code: 'SUMMER2026' })));
    expect(tries.map(({ status }) => status).sort()).toEqual([201, 201, 403, 403]);

    const { entries } = (
      await gateway.app.inject({
        url: `/admin/audit?eventId=${eventId}`,
        headers: { authorization: `Bearer ${operator}` },
      })
    ).json();
    const actions = entries.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(['codes_made', 'code_revoked', 'codes_made']);
    const stranger = await gateway.app.inject({ url: `/admin/events/${eventId}/codes` });
    expect(stranger.statusCode).toBe(401);
  });

  it('AD21 AD22 a VIP code goes first, a staff code beside the line', async () => {
    const eventId = await gateway.event({ capacity: 1, staffCapacity: 1 });
    await join(eventId);
    const waiter = await join(eventId);
    const codeOf = async (kind: string) =>
      (await admin('POST', `${eventId}/codes`, { kind })).body.codes[0].code as string;
    const vip = await join(eventId, { code: await codeOf('vip') });
    expect(vip.body.place).toMatchObject({ state: 'waiting', position: 1 });
    expect((await me(eventId, waiter.body.visitorToken)).body.position).toBe(2);
    const staff = await join(eventId, { code: await codeOf('staff') });
    expect(staff.body.place).toMatchObject({ state: 'called', latestWaitMs: 0 });
  });
});

describe('the challenge', () => {
  it('AD24 a solution is good for one place, in time, and for its own event', {
    timeout: 20_000,
  }, async () => {
    const eventId = await gateway.event({ challenge: 'on', challengeDifficulty: 20 });
    const elsewhere = await gateway.event({ challenge: 'on', challengeDifficulty: 20 });
    expect(await join(eventId)).toMatchObject({ status: 403, body: { code: 'challenge_required' } });
    const challengeOf = async (id: number) =>
      (await gateway.app.inject(`/events/${id}/line/challenge`)).json();
    const solved = await solveChallenge(await challengeOf(eventId));
    expect((await join(elsewhere, { challenge: solved })).body.code).toBe('bad_challenge');
    const answers = await Promise.all([1, 2, 3].map(() => join(eventId, { challenge: solved })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403]);
    expect(answers.find(({ status }) => status === 403)?.body.code).toBe('bad_challenge');

    const challenges = new Challenges(gateway.deps.tokens.secretOf);
    const late = await solveChallenge(await challenges.make(eventId, 20, Date.now() - 200_000));
    expect((await join(eventId, { challenge: late })).body.code).toBe('bad_challenge');
    const payload = JSON.parse(atob(await solveChallenge(await challengeOf(eventId))));
    payload.challenge.parameters.expiresAt += 3_600;
    const longer = btoa(JSON.stringify(payload));
    expect((await join(eventId, { challenge: longer })).body.code).toBe('bad_challenge');
    for (const challenge of ['', 'x', btoa('null'), btoa('{"challenge":{"signature":"a"},"solution":1}')]) {
      expect((await join(eventId, { challenge })).body.code).toBe('bad_challenge');
    }
    const aborted = AbortSignal.abort(new Error('left'));
    await expect(solveChallenge(await challengeOf(eventId), aborted)).rejects.toThrow('left');

    // A page that came over plain HTTP has no WebCrypto.
    const easy = await challengeOf(eventId);
    vi.stubGlobal('crypto', {});
    const slowly = await solveChallenge(easy).finally(() => vi.unstubAllGlobals());
    expect((await join(eventId, { challenge: slowly })).status).toBe(201);

    expect((await lever(eventId, { challenge: 'off' })).status).toBe(200);
    expect((await join(eventId)).status).toBe(201);
    const { onSale } = (await gateway.app.inject(`/events/${elsewhere}`)).json();
    expect(onSale).toMatchObject({ challenge: 'on', access: 'open', presaleOpensAtMs: null });
  });
});

describe('parked places', () => {
  const parked = async (eventId: number) => (await admin('GET', `${eventId}/park`)).body;

  it('AD25 a filled honeypot, a crowd from one address and what an operator parks are never called, and look like others', async () => {
    const eventId = await gateway.event({ capacity: 100 });
    const shape = (answer: { body: { place: object } }) => Object.keys(answer.body.place).sort();
    const honest = await join(eventId, { website: '' });
    expect(honest.body.place.state).toBe('called');
    const bot = await join(eventId, { website: 'https://spam.example' });
    expect(bot).toMatchObject({ status: 201, body: { place: { state: 'waiting', position: 1 } } });
    expect(shape(bot)).toEqual(shape(honest));

    const from = { 'x-forwarded-for': '10.9.9.9' };
    const crowd = [];
    for (let at = 0; at < 5; at++) crowd.push((await join(eventId, {}, from)).body);
    expect(crowd.map(({ place }) => place.state)).toEqual([...Array(3).fill('called'), 'waiting', 'waiting']);
    // Asking again is no new place, and so no crowd.
    const again = { ...from, authorization: `Bearer ${crowd[0].visitorToken}` };
    for (let at = 0; at < 3; at++) expect((await join(eventId, {}, again)).body.place.state).toBe('called');

    const lists = { addresses: ['192.0.2.0/24', '::1'], userAgents: ['HeadlessFox'] };
    expect(await admin('POST', `${eventId}/park`, lists)).toMatchObject({
      status: 200,
      body: { changed: 0 },
    });
    expect((await join(eventId, {}, { 'x-forwarded-for': '192.0.2.77' })).body.place.state).toBe('waiting');
    const agent = { 'user-agent': 'Mozilla/5.0 headlessfox/1' };
    expect((await join(eventId, {}, agent)).body.place.state).toBe('waiting');
    expect(await parked(eventId)).toEqual({
      places: 5,
      addresses: lists.addresses,
      userAgents: ['headlessfox'],
    });
    expect((await admin('POST', `${eventId}/park`, { addresses: ['10.0.0.0/99'] })).status).toBe(400);
    expect((await admin('POST', `${eventId}/unpark`, lists)).status).toBe(200);
    expect((await join(eventId, {}, agent)).body.place.state).toBe('called');

    const metrics = await gateway.deps.registry.metrics();
    for (const reason of ['honeypot', 'crowd', 'address', 'user_agent']) {
      expect(metrics).toContain(`usher_parked_joins_total{event="${eventId}",reason="${reason}"`);
    }
  });

  it('AD25 an operator parks a visitor who waits, and lets it wait again', async () => {
    const eventId = await gateway.event({ capacity: 1 });
    const inside = await join(eventId);
    const bot = await join(eventId);
    const next = await join(eventId);
    const visitorIds = [visitorOf(bot.body.visitorToken), visitorOf(inside.body.visitorToken)];
    expect((await admin('POST', `${eventId}/park`, { visitorIds })).body).toEqual({ changed: 1 });
    expect((await me(eventId, next.body.visitorToken)).body.position).toBe(1);
    expect((await me(eventId, bot.body.visitorToken)).body).toMatchObject({ state: 'waiting', position: 1 });
    expect((await parked(eventId)).places).toBe(1);
    expect((await admin('POST', `${eventId}/unpark`, { visitorIds })).body).toEqual({ changed: 1 });
    expect((await me(eventId, next.body.visitorToken)).body.position).toBe(2);
    expect((await admin('POST', `${eventId}/park`, { visitorIds: ['a|b'] })).status).toBe(400);
  });
});
