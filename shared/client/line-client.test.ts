/** The client against a real HTTP server that plays the gateway's part of the line. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Place } from '../domain/place.ts';
import type { Board } from '../protocol/http.ts';
import { until } from '../testing/wait.ts';
import { HttpClient } from './http-client.ts';
import { LineClient, type LineClientOptions } from './line-client.ts';
import { UsherApi } from './usher-api.ts';

const board = (calledThrough: number, updatedAtMs: number): Board => ({
  state: 'open',
  opensAtMs: null,
  waiting: 100 - calledThrough,
  inside: 1,
  capacity: 1,
  ratePerMinute: 60,
  calledThrough,
  segments: [{ from: calledThrough + 1, to: 100, waiting: 100 - calledThrough }],
  availableSeats: 5,
  message: '',
  updatedAtMs,
});

const waiting: Place = {
  state: 'waiting',
  number: 50,
  position: 50,
  estimatedWaitMs: 50_000,
  latestWaitMs: 60_000,
  claimByMs: null,
};

class FakeLine {
  place: Place | undefined = waiting;
  board = board(0, 1);
  hasStream = true;
  streams: ServerResponse[] = [];
  asked: string[] = [];
  readonly server: Server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  push(name: string, data: object): void {
    for (const stream of this.streams) stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    this.asked.push(path);
    if (path === '/events/7/line') response.end(JSON.stringify(this.board));
    else if (path === '/events/7/line/me' && this.place) response.end(JSON.stringify(this.place));
    else if (path === '/events/7/line/stream' && this.hasStream) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      this.streams.push(response);
      this.push('board', this.board);
    } else response.writeHead(404).end('{"code":"no_place","message":"","requestId":""}');
  }
}

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

async function follow(line: FakeLine, options: Partial<LineClientOptions> = {}): Promise<LineClient> {
  const api = new UsherApi(new HttpClient({ baseUrl: await line.start() }));
  const client = new LineClient({ api, eventId: 7, visitorToken: 'v', random: () => 0.01, ...options });
  ends.push(() => {
    line.server.close();
    line.server.closeAllConnections();
  });
  ends.push(() => client.stop());
  return client;
}

it('AD9 works its place out of the boards of the stream', async () => {
  const line = new FakeLine();
  const client = await follow(line);
  client.start(waiting);
  await until(() => line.streams.length === 1);
  line.push('board', board(30, 2));
  await until(() => client.place?.position === 20);
  expect(client.place?.estimatedWaitMs).toBe(20_000);
  line.push('board', board(10, 1));
  const called = { ...waiting, state: 'called' as const, position: null };
  line.push('place', called);
  await until(() => client.place?.state === 'called');
  expect(client.board?.calledThrough).toBe(30);
});

it('asks where it is when the line was called past it and nobody told', async () => {
  const line = new FakeLine();
  const client = await follow(line);
  client.start(waiting);
  await until(() => line.streams.length === 1);
  expect(line.asked).not.toContain('/events/7/line/me');
  line.place = { ...waiting, state: 'called', position: null };
  line.push('board', board(60, 2));
  await until(() => client.place?.state === 'called');
});

it('comes back when the stream ends', async () => {
  const line = new FakeLine();
  const client = await follow(line);
  client.start(waiting);
  await until(() => line.streams.length === 1);
  line.streams[0]?.end();
  await until(() => line.streams.length === 2);
  expect(client.place?.state).toBe('waiting');
});

it('polls where there is no stream', async () => {
  const line = new FakeLine();
  line.hasStream = false;
  const client = await follow(line, { pollMs: 10 });
  const links: string[] = [];
  client.on('link', (link) => links.push(link));
  client.start(waiting);
  await until(() => links.includes('polling'));
  line.board = board(40, 9);
  await until(() => client.place?.position === 10);
});

it('AD5 keeps asking for the exact place: silence would be absence', async () => {
  const line = new FakeLine();
  const client = await follow(line, { exactMs: 1_000 });
  client.start(waiting);
  const exact = () => line.asked.filter((path) => path.endsWith('/me')).length;
  await until(() => exact() >= 2);
});

it('says when there is no place', async () => {
  const line = new FakeLine();
  line.place = undefined;
  const client = await follow(line);
  const none = client.once('no_place');
  client.start();
  await none;
});
