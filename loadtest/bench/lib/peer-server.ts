/**
 * The peers, doing the seat service's work with as little as they can: they hear the feed of an event in Redis,
 * gather its changes, and send the same frames by the same rule of windows. No tokens, no holds, no recovery.
 *
 *   node peer-server.ts uws|ws|socket.io PORT REDIS_URL EVENT_ID SEATS
 *
 * `uws` is the limit: uWebSockets.js and one publish a frame.
 */

import * as uws from 'uWebSockets.js';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { parseFeedEntry, parseFeedPosition } from '../../../lua/feed-entry.ts';
import { eventKey } from '../../../lua/keys.ts';
import { parseMapRecord } from '../../../lua/map-record.ts';
import { SEAT_AVAILABLE, SEAT_LOCKED, type SeatState } from '../../../shared/domain/seat.ts';
import { encodeDelta, encodeSnapshot } from '../../../shared/protocol/codec.ts';
import { writeSeat } from '../../../shared/protocol/seat-bits.ts';

const WINDOW_MS_MIN = 16;
const WINDOW_PER_FAN_OUT = 1.25;

const [kind, port, redisUrl, eventId, seatCount] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const bits = new Uint8Array((Number(seatCount) + 3) >> 2);
let offset = 0;
let heard = 0;
let snapshot = encodeSnapshot(1, 0, Number(seatCount), bits);
const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** Sends a frame to everybody. */
type Publish = (frame: Uint8Array) => void;

async function listenUws(): Promise<Publish> {
  const app = uws.App();
  app.ws('/*', {
    idleTimeout: 960,
    sendPingsAutomatically: false,
    maxBackpressure: 16 * 1_024 * 1_024,
    open: (socket) => {
      socket.subscribe('map');
      socket.send(snapshot, true);
    },
  });
  // The same backlog as the seat service's: the port is shared until 4,096 may wait.
  for (let time = 0; time < 8; time++) app.listen('127.0.0.1', Number(port), () => {});
  return (frame) => void app.publish('map', frame, true);
}

async function listenWs(): Promise<Publish> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.send(snapshot);
  });
  await new Promise<void>((resolve) => http.listen(Number(port), '127.0.0.1', 4_096, resolve));
  return (frame) => {
    for (const socket of server.clients) if (socket.readyState === 1) socket.send(frame);
  };
}

/** The little of Socket.IO that is used here; it is a package of the benchmarks alone. */
type SocketIoServer = {
  adapter(adapter: unknown): void;
  on(
    event: 'connection',
    listener: (socket: { join(room: string): void; emit(name: string, value: string): void }) => void,
  ): void;
  to(room: string): { emit(name: string, value: string): void };
};

async function listenSocketIo(): Promise<Publish> {
  const require = createRequire(import.meta.url);
  const { Server } = require('socket.io') as {
    Server: new (http: unknown, options: object) => SocketIoServer;
  };
  const { createAdapter } = require('@socket.io/redis-adapter') as {
    createAdapter(a: Redis, b: Redis): unknown;
  };
  const http = createServer();
  const quiet = { pingInterval: 250_000, pingTimeout: 200_000 };
  const io = new Server(http, {
    transports: ['websocket'],
    perMessageDeflate: false,
    serveClient: false,
    ...quiet,
  });
  io.adapter(createAdapter(new Redis(redisUrl), new Redis(redisUrl)));
  io.on('connection', (socket) => {
    void socket.join('map');
    socket.emit('m', Buffer.from(snapshot).toString('base64'));
  });
  await new Promise<void>((resolve) => http.listen(Number(port), '127.0.0.1', 4_096, resolve));
  // Base64 in one frame: a binary attachment would be two.
  return (frame) => void io.to('map').emit('m', Buffer.from(frame).toString('base64'));
}

const publish = await { uws: listenUws, ws: listenWs, 'socket.io': listenSocketIo }[kind]!();

let pending = new Map<number, SeatState>();
let windowMs = WINDOW_MS_MIN;
let lastMs = -Infinity;
let waiting = false;
let frames = 0;

function hear(line: string): void {
  const space = line.indexOf(' ');
  const entry = parseFeedEntry(line.slice(space + 1));
  heard = parseFeedPosition(line.slice(0, space)).offset;
  if (entry.kind !== 'locked' && entry.kind !== 'released') return;
  for (const seat of entry.seats) pending.set(seat, entry.kind === 'locked' ? SEAT_LOCKED : SEAT_AVAILABLE);
  wake();
}

function wake(): void {
  if (waiting || pending.size === 0) return;
  waiting = true;
  setTimeout(fanOut, Math.max(0, lastMs + windowMs - performance.now()));
}

function fanOut(): void {
  const startedMs = performance.now();
  const frame = encodeDelta(offset, heard, pending);
  for (const [seat, state] of pending) writeSeat(bits, seat, state);
  pending = new Map();
  offset = heard;
  snapshot = encodeSnapshot(1, offset, Number(seatCount), bits);
  publish(frame);
  frames++;
  // uWebSockets.js writes at the end of the turn, so its end is when the fan-out ends.
  setImmediate(() => {
    lastMs = startedMs;
    windowMs = Math.max(WINDOW_MS_MIN, WINDOW_PER_FAN_OUT * (performance.now() - startedMs));
    waiting = false;
    wake();
  });
}

const feed = new Redis(redisUrl);
const store = new Redis(redisUrl);
const channel = eventKey(Number(eventId), 'feed');
feed.on('message', (_channel: string, line: string) => hear(line));
await feed.subscribe(channel);
bits.set((await store.getBuffer(eventKey(Number(eventId), 'seats')))!.subarray(0, bits.length));
offset = heard = parseMapRecord((await store.getBuffer(eventKey(Number(eventId), 'map')))!).offset;
snapshot = encodeSnapshot(1, offset, Number(seatCount), bits);
say({ ready: true });

createInterface({ input: process.stdin })
  .on('line', () => say({ frames }))
  .on('close', () => process.exit(0));
