import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../shared/testing/postgres.ts';
import { startTestRedis, type TestRedisServer } from '../../shared/testing/redis.ts';
import { type TestGateway, TestVisitor, testGateway } from './test-gateway.ts';

let database: TestDatabase;
let server: TestRedisServer;
let gateway: TestGateway;

beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startTestRedis()]);
  gateway = await testGateway({ redisUrl: server.url, databaseUrl: database.url });
});

afterAll(async () => {
  await gateway?.close();
  await Promise.all([server?.close(), database?.close()]);
});

describe('error answers', () => {
  it('ER1 every fault has a code of the table, a message and the request’s id, and nothing of the inside', async () => {
    const json = { 'content-type': 'application/json' };
    const cases: [object, number, string][] = [
      [{ url: '/nowhere' }, 404, 'not_found'],
      [{ url: '/events/999999' }, 404, 'unknown_event'],
      [{ url: '/events/99999999999999' }, 404, 'unknown_event'],
      [{ url: '/events/0' }, 404, 'unknown_event'],
      [{ url: '/events/seven' }, 400, 'bad_request'],
      [{ url: '/events/999999/seats' }, 404, 'unknown_event'],
      [{ url: '/events/999999/seats/status' }, 404, 'unknown_event'],
      [{ url: '/events/999999/line' }, 404, 'unknown_event'],
      [{ url: '/events/999999/line', method: 'POST' }, 404, 'unknown_event'],
      [{ url: '/events?limit=0' }, 400, 'bad_request'],
      [{ url: '/events?status=soon' }, 400, 'bad_request'],
      [{ url: '/events?cursor=!!!' }, 400, 'bad_request'],
      [{ url: '/%zz' }, 400, 'bad_request'],
      [{ url: '/auth/login', method: 'POST', headers: json, payload: '{"email":' }, 400, 'bad_request'],
      [{ url: '/auth/login', method: 'POST', headers: json, payload: '[]' }, 400, 'bad_request'],
      [{ url: '/auth/login', method: 'POST', headers: json, payload: '' }, 400, 'bad_request'],
      [
        { url: '/auth/login', method: 'POST', headers: json, payload: '{"__proto__":{"a":1}}' },
        400,
        'bad_request',
      ],
      [
        { url: '/auth/login', method: 'POST', headers: { 'content-type': 'text/xml' }, payload: '<a/>' },
        415,
        'unsupported_media_type',
      ],
      [
        { url: '/auth/login', method: 'POST', headers: json, payload: `"${'a'.repeat(1_100_000)}"` },
        413,
        'too_large',
      ],
    ];
    for (const [request, status, code] of cases) {
      const answer = await gateway.app.inject({
        ...request,
        headers: { 'x-request-id': 'mine', ...(request as { headers?: object }).headers },
      });
      const body = answer.json();
      expect([request, answer.statusCode, body.code]).toEqual([request, status, code]);
      expect(body.requestId).toBe('mine');
      expect(body.message).toBeTypeOf('string');
      expect(answer.body).not.toMatch(/node_modules|\.ts:|stack|at /);
    }
  });

  it('ER1 a body with faults names each of them', async () => {
    const answer = await gateway.app.inject({
      method: 'POST',
      url: '/auth/signup',
      payload: { email: 'x', other: 1 },
    });
    expect(answer.statusCode).toBe(400);
    expect(
      answer
        .json()
        .details.map(({ path }: { path: string }) => path)
        .sort(),
    ).toEqual(['/email', '/password']);
  });

  it('ER1 what is not HTTP is answered in the same shape', async () => {
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    const [{ port }] = gateway.app.addresses() as unknown as [{ port: number }];
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('nonsense\r\n\r\n'));
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"bad_request"');
  });
});

describe('browsing', () => {
  it('SE1 the list filters, pages, and shows a new event at once', async () => {
    const name = 'Zürich Überall';
    for (let at = 0; at < 5; at++) await gateway.event({}, { template: 'general', seats: 10 + at }, name);
    await gateway.event({ opensAtMs: Date.now() + 60_000 }, undefined, name);
    const list = async (query: string) => (await gateway.app.inject({ url: `/events?${query}` })).json();
    // These were stored behind the gateway's back: it looks again when its reading is a second old.
    await expect.poll(async () => (await list('q=zurich')).events.length).toBe(6);
    const first = await list('q=zurich&limit=4');
    expect(first.events).toHaveLength(4);
    const rest = await list(`q=zurich&limit=4&cursor=${first.nextCursor}`);
    expect(rest).toMatchObject({ nextCursor: null });
    const ids = [...first.events, ...rest.events].map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(6);
    expect((await list('q=zurich&status=lobby')).events).toHaveLength(1);
    expect((await list('q=zurich&venue=nowhere')).events).toHaveLength(0);
    expect((await list(`q=zurich&from=${Date.now() + 2 * 86_400_000}`)).events).toHaveLength(0);
    expect(first.events[0].seats).toMatchObject({ available: 10, total: 10 });
  });

  it('SE1 the map has every seat once, is kept for ever, and comes compressed', async () => {
    const eventId = await gateway.event({}, { template: 'arena', seats: 2_000 });
    const read = (headers: Record<string, string>) =>
      gateway.app.inject({ url: `/events/${eventId}/seats`, headers });
    const plain = await read({});
    const map = plain.json();
    expect(map).toMatchObject({ eventId, seatCount: 2_000 });
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const packed = await read({ 'accept-encoding': 'gzip, deflate, br' });
    expect(packed.headers['content-encoding']).toBe('br');
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 4);
    expect((await read({ 'accept-encoding': 'br;q=0, gzip' })).headers['content-encoding']).toBe('gzip');
    expect((await read({ 'if-none-match': String(plain.headers.etag) })).statusCode).toBe(304);
    const status = (await gateway.app.inject({ url: `/events/${eventId}/seats/status` })).json();
    expect(Buffer.from(status.states, 'base64')).toHaveLength(500);
  });
});

describe('for whoever runs it', () => {
  it('LC2 health, readiness and the public key', async () => {
    expect((await gateway.app.inject({ url: '/health' })).json()).toMatchObject({
      status: 'ok',
      dependencies: { redis: { state: 'up' }, queueRedis: { state: 'up' }, postgres: { state: 'up' } },
    });
    expect((await gateway.app.inject({ url: '/ready' })).statusCode).toBe(200);
    const { keys } = (await gateway.app.inject({ url: '/.well-known/jwks.json' })).json();
    expect(keys).toMatchObject([{ kty: 'EC', crv: 'P-256', use: 'sig' }]);
    expect(keys[0]).not.toHaveProperty('d');
  });

  it('SE1 the metrics are Prometheus text, or JSON per event', async () => {
    const visitor = await new TestVisitor(gateway.app, await gateway.event()).inside();
    await visitor.hold({ seats: [1] });
    await visitor.call('GET', '');
    const text = (await gateway.app.inject({ url: '/metrics' })).body;
    expect(text).toMatch(
      new RegExp(`usher_event_seats\\{.*event="${visitor.eventId}",state="locked".*\\} 1`),
    );
    for (const [name, value] of Object.entries({ called: 0, called_through: 1, inside: 1, open: 1 })) {
      expect(text).toMatch(new RegExp(`usher_event_${name}\\{.*event="${visitor.eventId}".*\\} ${value}\n`));
    }
    for (const dependency of ['redis', 'queueRedis', 'postgres']) {
      expect(text).toMatch(new RegExp(`usher_dependency_up\\{.*dependency="${dependency}".*\\} 1\n`));
    }
    const json = await gateway.app.inject({ url: '/metrics', headers: { accept: 'application/json' } });
    const event = json.json().events.find(({ eventId }: { eventId: number }) => eventId === visitor.eventId);
    expect(event).toMatchObject({ sold: 0, available: 99, locked: 1, waiting: 0, inside: 1, errors: 0 });
  });

  it('OP1 the document lists every route', async () => {
    const { paths } = (await gateway.app.inject({ url: '/openapi.json' })).json();
    const documented = Object.entries(paths).flatMap(([path, calls]) =>
      Object.keys(calls as object).map(
        (method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
    expect(documented.sort()).toEqual(
      gateway.routes.filter((route) => !/ \/(docs|openapi\.json|\*)/.test(route)).sort(),
    );
    expect(documented.length).toBeGreaterThan(30);
    const docs = await gateway.app.inject({ url: '/docs/' });
    expect(docs.statusCode).toBe(200);
  });

  it('LC2 without Redis browsing goes on, and what needs it says 503 at once', async () => {
    const eventId = await gateway.event();
    await gateway.app.inject({ url: `/events/${eventId}` });
    server.pause();
    try {
      const [details, join, status] = await Promise.all([
        gateway.app.inject({ url: `/events/${eventId}` }),
        gateway.app.inject({ method: 'POST', url: `/events/${eventId}/line` }),
        gateway.app.inject({ url: `/events/${eventId}/seats/status` }),
      ]);
      expect(details.json().seats).toMatchObject({ total: 100, available: 100 });
      for (const answer of [join, status]) {
        expect(answer.statusCode).toBe(503);
        expect(answer.json().code).toBe('unavailable');
        expect(answer.headers['retry-after']).toBeDefined();
      }
      await expect
        .poll(async () => (await gateway.app.inject({ url: '/health' })).json(), { timeout: 5_000 })
        .toMatchObject({
          status: 'degraded',
          dependencies: { redis: { state: 'down' }, postgres: { state: 'up' } },
        });
      expect((await gateway.app.inject({ url: '/ready' })).statusCode).toBe(200);
      const { body } = await gateway.app.inject({ url: '/metrics' });
      expect(body).toMatch(/usher_dependency_up\{.*dependency="redis".*\} 0\n/);
      expect(body).toMatch(new RegExp(`usher_event_open\\{.*event="${eventId}".*\\} 0\n`));
    } finally {
      server.resume();
    }
    await expect
      .poll(
        async () => (await gateway.app.inject({ method: 'POST', url: `/events/${eventId}/line` })).statusCode,
      )
      .toBe(201);
  });
});
