// The swarm's own clients against servers that cut their answers to pieces.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { encodeDelta, encodeSnapshot } from '../../shared/protocol/codec.ts';
import type { ServerMessage } from '../../shared/protocol/server-messages.ts';
import { GatewayClient } from './gateway-client.ts';
import { LightSocket } from './light-socket.ts';
import { visitorAddress } from './plan.ts';

async function serve(t: TestContext, onData: (socket: Socket, text: string) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('data', (chunk) => onData(socket, chunk.toString('latin1')));
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as { port: number }).port;
}

/** Writes byte by byte, so that every boundary is met. */
async function drip(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const json = (body: string, length: string) =>
  Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${length}\r\n\r\n${body}`);

test('answers are read whole: by length, in chunks, without a body', async (t) => {
  const port = await serve(t, (socket, text) => {
    if (text.startsWith('DELETE')) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
    else if (text.includes('/chunked')) {
      void drip(socket, json('5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n', 'transfer-encoding: chunked'));
    } else void drip(socket, json('{"a":"ü"}', 'content-length: 10'));
  });
  const client = new GatewayClient(`http://localhost:${port}`, { connections: 1 });
  t.after(() => client.close());
  const [whole, chunked, none] = await Promise.all([
    client.ask({ path: '/whole' }),
    client.ask({ path: '/chunked' }),
    client.ask({ method: 'DELETE', path: '/none' }),
  ]);
  assert.deepEqual(whole.body, { a: 'ü' });
  assert.deepEqual(chunked.body, { a: 1 });
  assert.deepEqual([none.status, none.body], [204, undefined]);
});

test('a connection that closes before the answer is a rejection', async (t) => {
  const port = await serve(t, (socket) => socket.destroy());
  const client = new GatewayClient(`http://localhost:${port}`);
  t.after(() => client.close());
  await assert.rejects(client.ask({ path: '/' }));
});

const frame = (opcode: number, payload: Uint8Array) =>
  payload.length < 126
    ? Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload])
    : Buffer.concat([Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 255]), payload]);

test('a socket follows the map, notices a gap, and hears the close code', async (t) => {
  const message = Buffer.from(JSON.stringify({ type: 'pong', ref: 7 }));
  const port = await serve(t, (socket, text) => {
    if (!text.startsWith('GET')) return;
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    const bytes = [
      frame(2, encodeSnapshot(1, 10, 1_000, new Uint8Array(250))),
      frame(2, encodeDelta(10, 12, new Map([[3, 1]]))),
      frame(9, Buffer.from('are you there')),
      frame(1, message),
      frame(2, encodeDelta(13, 14, new Map([[4, 1]]))),
      frame(8, Buffer.from([4500 >> 8, 4500 & 255])),
    ];
    void drip(socket, Buffer.concat(bytes));
  });
  const heard: ServerMessage[] = [];
  const offsets: number[] = [];
  let gaps = 0;
  const closed = Promise.withResolvers<number>();
  const socket = new LightSocket({
    url: `ws://localhost:${port}/events/1`,
    token: 'token',
    address: visitorAddress(1),
    onMessage: (each) => heard.push(each),
    onFrame: () => offsets.push(socket.offset),
    onGap: () => {
      gaps += 1;
    },
    onClose: closed.resolve,
  });
  await socket.opened;
  assert.equal(await closed.promise, 4500);
  assert.deepEqual(heard, [{ type: 'pong', ref: 7 }]);
  assert.deepEqual(offsets, [10, 12]);
  assert.equal(gaps, 1);
});

test('a refused upgrade says how it was answered', async (t) => {
  const port = await serve(t, (socket) =>
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n{"code":"token_expired"}'),
  );
  const socket = new LightSocket({
    url: `ws://localhost:${port}/events/1`,
    token: 'token',
    address: '198.18.0.1',
    onMessage: () => {},
    onGap: () => {},
    onClose: () => {},
  });
  await assert.rejects(socket.opened, /403 .*token_expired/);
});

test('every visitor has an address of the range for benchmarks', () => {
  assert.equal(visitorAddress(0), '198.18.0.0');
  assert.equal(visitorAddress(65_536 + 258), '198.19.1.2');
  assert.equal(visitorAddress(131_072), '198.18.0.0');
});
