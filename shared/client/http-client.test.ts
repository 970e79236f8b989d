import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiError, HttpClient } from './http-client.ts';

let server: Server;
let baseUrl: string;
const seen: { method?: string | undefined; url?: string | undefined; authorization?: string | undefined }[] =
  [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push({ method: request.method, url: request.url, authorization: request.headers.authorization });
    if (request.url === '/gone') {
      response.writeHead(409, { 'content-type': 'application/json', 'retry-after': '2' });
      response.end(JSON.stringify({ code: 'seats_taken', message: 'Too late.', requestId: 'r', taken: [4] }));
    } else if (request.url === '/html') response.writeHead(502).end('<html>');
    else if (request.url === '/nothing') response.writeHead(204).end();
    else response.writeHead(200, { 'cache-control': 'no-store' }).end('{"ok":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.close());

it('sends what it is given and reads the answer', async () => {
  const dates: number[] = [];
  const client = new HttpClient({ baseUrl, bearer: () => 'mine', onDate: (dateMs) => dates.push(dateMs) });
  expect(await client.get('/x', { query: { a: 1, b: undefined, c: '' } })).toEqual({ ok: true });
  expect(seen.at(-1)).toEqual({ method: 'GET', url: '/x?a=1', authorization: 'Bearer mine' });
  await client.post('/x', { bearer: 'other' });
  expect(seen.at(-1)?.authorization).toBe('Bearer other');
  expect(await client.get('/nothing')).toBeUndefined();
  expect(Math.abs(dates[0]! - Date.now())).toBeLessThan(5_000);
});

it('makes a refusal an error with its code and details', async () => {
  const error = await new HttpClient({ baseUrl }).get('/gone').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    code: 'seats_taken',
    message: 'Too late.',
    status: 409,
    requestId: 'r',
    details: { taken: [4] },
    retryAfterMs: 2_000,
    retryable: false,
  });
});

it('tells a broken answer and a missing one as errors that may be retried', async () => {
  const client = new HttpClient({ baseUrl });
  await expect(client.get('/html')).rejects.toMatchObject({ status: 502, code: 'internal', retryable: true });
  const nowhere = new HttpClient({ baseUrl: 'http://127.0.0.1:9' });
  await expect(nowhere.get('/x')).rejects.toMatchObject({ status: 0, code: 'network', retryable: true });
});
