/** FE7, on the library itself: a reader that stalls is closed and known as slow, the others notice nothing. */
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import WebSocket from 'ws';
import { until } from '../../shared/testing/wait.ts';
import { createServer, type SeatsServer } from './server.ts';
import type { SessionFacts } from './session.ts';

/** As much as the kernel hides for a reader that stalls, several times over. */
const FRAME_BYTES = 1_000_000;
const FRAMES = 30;
const TOPIC = 'everybody';

type Closed = { readonly visitorId: string; readonly code: number; readonly tooSlow: boolean };

let server: SeatsServer | undefined;
const clients: WebSocket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.terminate();
  server?.close();
});

async function start(): Promise<{ closed: Closed[]; connect(name: string): Promise<WebSocket> }> {
  const closed: Closed[] = [];
  server = createServer(
    {
      judge: ({ query }) => ({
        accepted: true,
        protocol: '',
        facts: { visitorId: query.get('who') } as unknown as SessionFacts,
      }),
      prepare: async () => undefined,
      opened: (session, listen) => {
        listen(TOPIC);
        session.send({ type: 'pong', ref: 1 });
      },
      message: () => {},
      closed: ({ facts: { visitorId } }, code, tooSlow) => closed.push({ visitorId, code, tooSlow }),
      http: async () => undefined,
      clientAddress: (remote) => remote,
      refused: () => {},
    },
    { backpressureBytesMax: 65_536 },
  );
  const port = await server.listen('127.0.0.1', await freePort());
  const connect = async (name: string) => {
    const client = new WebSocket(`ws://127.0.0.1:${port}/events/1?who=${name}`);
    clients.push(client);
    let heard = 0;
    client.on('message', () => {
      heard += 1;
    });
    client.on('error', () => {});
    await until(() => heard > 0);
    return client;
  };
  return { closed, connect };
}

/** The library shares a port that has a name, not one that the system chooses. */
async function freePort(): Promise<number> {
  const tcp = createTcpServer().listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  tcp.close();
  await once(tcp, 'close');
  return port;
}

it('FE7 who does not read is closed and counted as slow; who reads gets every frame', async () => {
  const { closed, connect } = await start();
  const [slow, quick] = [await connect('slow'), await connect('quick')];
  let frames = 0;
  quick.on('message', () => {
    frames += 1;
  });
  slow.pause();
  const frame = new Uint8Array(FRAME_BYTES);
  for (let sent = 1; sent <= FRAMES; sent++) {
    server?.publish(TOPIC, frame);
    await until(() => frames === sent, { everyMs: 1 });
  }
  expect(await until(() => closed[0])).toEqual({ visitorId: 'slow', code: 1006, tooSlow: true });
  expect(closed).toHaveLength(1);
  expect(quick.readyState).toBe(WebSocket.OPEN);
});

it('a socket that just breaks, or is closed in order, is not counted as slow', async () => {
  const { closed, connect } = await start();
  const [broken, orderly] = [await connect('broken'), await connect('orderly')];
  broken.terminate();
  orderly.close(1000);
  await until(() => closed.length === 2);
  expect(closed.map(({ tooSlow }) => tooSlow)).toEqual([false, false]);
});
