/** The client against a real WebSocket server that says what the protocol says; the seat service's own tests are beside it. */
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { encodeDelta, encodeSnapshot } from '../protocol/codec.ts';
import { until } from '../testing/wait.ts';
import { SeatClient, type SeatClientOptions } from './seat-client.ts';
import type { WebSocketConstructor } from './seat-socket.ts';

type Connection = { socket: WebSocket; url: string; protocols: string[]; heard: Record<string, unknown>[] };

class FakeSeats {
  readonly server = new WebSocketServer({ port: 0, handleProtocols: (names) => [...names][0] ?? false });
  readonly connections: Connection[] = [];
  readonly #waiting: ((connection: Connection) => void)[] = [];

  constructor() {
    this.server.on('connection', (socket, request) => {
      const protocols = String(request.headers['sec-websocket-protocol']).split(/,\s*/);
      const connection: Connection = { socket, url: request.url ?? '', protocols, heard: [] };
      socket.on('message', (data) => connection.heard.push(JSON.parse(String(data))));
      this.connections.push(connection);
      this.#waiting.shift()?.(connection);
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/events/7`;
  }

  next(): Promise<Connection> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const say = ({ socket }: Connection, message: object) => socket.send(JSON.stringify(message));

function welcome(connection: Connection, more: object = {}): void {
  say(connection, {
    type: 'welcome',
    epoch: 1,
    offset: 10,
    resumed: false,
    visitorId: 'v',
    holds: [],
    admissionExpiresAtMs: Date.now() + 60_000,
    serverTimeMs: Date.now(),
    ...more,
  });
}

const snapshot = (connection: Connection, offset = 10) =>
  connection.socket.send(encodeSnapshot(1, offset, 8, new Uint8Array(2)));

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function setUp(options: Partial<SeatClientOptions> = {}): { seats: FakeSeats; client: SeatClient } {
  const seats = new FakeSeats();
  const client = new SeatClient({
    url: seats.url,
    token: () => 'a.b.c',
    WebSocket: WebSocket as unknown as WebSocketConstructor,
    random: () => 0.01,
    ...options,
  });
  ends.push(() => seats.close());
  ends.push(() => client.close());
  return { seats, client };
}

async function live(options: Partial<SeatClientOptions> = {}) {
  const { seats, client } = setUp(options);
  const connected = seats.next();
  client.connect();
  const connection = await connected;
  const map = client.once('map');
  welcome(connection);
  snapshot(connection);
  await map;
  return { seats, client, connection };
}

describe('connecting', () => {
  it('PR1 PR2 names the protocol and brings the token', async () => {
    const { connection, client } = await live();
    expect(connection.protocols).toEqual(['usher.v1', 'usher.token.a.b.c']);
    expect(client.state).toEqual({ state: 'live' });
    expect(client.feed.seatCount).toBe(8);
  });

  it('speaks JSON too', async () => {
    const { seats, client } = setUp({ protocol: 'json' });
    const connected = seats.next();
    client.connect();
    const connection = await connected;
    expect(connection.protocols[0]).toBe('usher.v1.json');
    const map = client.once('map');
    welcome(connection);
    say(connection, { type: 'snapshot', epoch: 1, offset: 10, seatCount: 4, states: 'AA==' });
    await map;
    const change = client.once('change');
    say(connection, { type: 'delta', from: 10, offset: 11, changes: [{ seat: 2, change: 'locked' }] });
    expect(await change).toEqual([2]);
  });

  it('ends where the token source refuses for good', async () => {
    const { client } = setUp({
      token: () =>
        Promise.reject(Object.assign(new Error('gone'), { code: 'place_expired', retryable: false })),
    });
    const state = client.once('state');
    client.connect();
    expect(await state).toEqual({ state: 'ended', code: 4500, reason: 'place_expired' });
  });
});

describe('the map', () => {
  it('follows deltas', async () => {
    const { client, connection } = await live();
    const change = client.once('change');
    connection.socket.send(
      encodeDelta(
        10,
        12,
        new Map([
          [3, 1],
          [5, 2],
        ] as const),
      ),
    );
    expect(await change).toEqual([3, 5]);
    expect([client.feed.stateOf(3), client.feed.stateOf(5)]).toEqual([1, 2]);
  });

  it('PR6 asks once for a snapshot after a gap, and ignores deltas until it comes', async () => {
    const { client, connection } = await live();
    const resyncing = client.once('state');
    connection.socket.send(encodeDelta(11, 12, new Map([[3, 1]] as const)));
    connection.socket.send(encodeDelta(12, 13, new Map([[4, 1]] as const)));
    expect(await resyncing).toEqual({ state: 'resyncing' });
    await until(() => connection.heard.length > 0);
    expect(connection.heard).toEqual([{ type: 'resync' }]);
    const map = client.once('map');
    snapshot(connection, 13);
    await map;
    expect(client.state).toEqual({ state: 'live' });
    expect(client.feed.stateOf(3)).toBe(0);
  });

  it('asks for a snapshot after a frame that cannot be read', async () => {
    const { connection } = await live();
    connection.socket.send(new Uint8Array([9, 9]));
    await until(() => connection.heard.length > 0);
    expect(connection.heard).toEqual([{ type: 'resync' }]);
  });
});

describe('asking', () => {
  it('PR8 gives each question its own answer, in whatever order they come', async () => {
    const { client, connection } = await live();
    const first = client.hold([1]);
    const second = client.hold([2], 'h');
    await until(() => connection.heard.length === 2);
    const [one, two] = connection.heard.map(({ ref }) => ref);
    expect(connection.heard[1]).toEqual({ type: 'hold', ref: two, seats: [2], holdId: 'h' });
    say(connection, { type: 'hold_denied', ref: two, code: 'seats_taken', taken: [2] });
    say(connection, { type: 'hold_granted', ref: one, holdId: 'h', seats: [1], expiresAtMs: 99 });
    await expect(second).rejects.toMatchObject({ code: 'seats_taken', taken: [2] });
    expect(await first).toEqual({ holdId: 'h', seats: [1], expiresAtMs: 99 });
    expect(client.holds.list()).toHaveLength(1);
  });

  it('PR9 hears of holds that came about elsewhere', async () => {
    const { client, connection } = await live();
    const holds = client.once('holds');
    say(connection, { type: 'hold_granted', holdId: 'x', seats: [4], expiresAtMs: 5 });
    expect(await holds).toEqual([{ holdId: 'x', seats: [4], expiresAtMs: 5 }]);
    const ended = client.once('hold_ended');
    say(connection, { type: 'hold_ended', holdId: 'x', seats: [4], reason: 'expired' });
    expect((await ended).reason).toBe('expired');
    expect(client.holds.list()).toEqual([]);
  });

  it('PR11 takes an error with a ref for the answer', async () => {
    const { client, connection } = await live();
    const extension = client.extend('h');
    await until(() => connection.heard.length === 1);
    say(connection, {
      type: 'error',
      ref: connection.heard[0]?.ref,
      code: 'already_extended',
      message: 'Once.',
    });
    await expect(extension).rejects.toMatchObject({ code: 'already_extended' });
  });

  it('gives up after its time, and when the connection goes', async () => {
    const { client, connection } = await live({ requestTimeoutMs: 30 });
    await expect(client.release('h')).rejects.toMatchObject({ code: 'timeout' });
    const lost = expect(client.holdBest({ count: 2 })).rejects.toMatchObject({ code: 'disconnected' });
    connection.socket.terminate();
    await lost;
  });
});

describe('coming back', () => {
  it('PR4 PR10 resumes where it was after a lost connection', async () => {
    const { seats, client, connection } = await live();
    const again = seats.next();
    connection.socket.terminate();
    const second = await again;
    expect(second.url).toBe('/events/7?epoch=1&offset=10');
    welcome(second, { resumed: true, holds: [{ holdId: 'h', seats: [6], expiresAtMs: 9 }] });
    const change = client.once('change');
    second.socket.send(encodeDelta(10, 11, new Map([[6, 1]] as const)));
    expect(await change).toEqual([6]);
    expect(client.state).toEqual({ state: 'live' });
    expect(client.holds.holdOf(6)?.holdId).toBe('h');
  });

  it('waits as long as a restarting house tells', async () => {
    const { client, connection } = await live();
    const state = client.once('state');
    connection.socket.close(4001, 'restarting 40');
    expect(await state).toEqual({ state: 'reconnecting', code: 4001, waitMs: 40 });
  });

  it.each([4500, 4501, 4510])('PR10 stays away after %i', async (code) => {
    const { seats, client, connection } = await live();
    const state = client.once('state');
    connection.socket.close(code, 'over');
    expect(await state).toEqual({ state: 'ended', code, reason: 'over' });
    await expect(client.hold([1])).rejects.toMatchObject({ code: 'ended' });
    expect(seats.connections).toHaveLength(1);
  });

  it('leaves a connection that does not answer', async () => {
    const { seats, connection } = await live({ silenceMs: 30, pongMs: 30 });
    const again = seats.next();
    await until(() => connection.heard.length > 0);
    expect(connection.heard[0]).toEqual({ type: 'ping', ref: 0 });
    await again;
    expect(seats.connections).toHaveLength(2);
  });

  it('keeps one that does', async () => {
    const { seats, client, connection } = await live({ silenceMs: 20, pongMs: 200 });
    connection.socket.on('message', () => say(connection, { type: 'pong', ref: 0 }));
    await until(() => connection.heard.length >= 3);
    expect(client.state).toEqual({ state: 'live' });
    expect(seats.connections).toHaveLength(1);
  });
});
