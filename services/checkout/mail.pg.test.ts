import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { newestMails } from '../../db/mails.ts';
import { until } from '../../shared/testing/wait.ts';
import { Bench } from './testing/bench.ts';

let bench: Bench;
let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(async () => {
  await bench.close();
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** A mail server of the simplest kind. `verdict` answers each message: `250 ok`, `451 later`, `550 no`. */
async function smtp(verdict: (count: number) => string): Promise<{ url: string; messages: string[] }> {
  const messages: string[] = [];
  server = createServer((socket) => {
    sockets.add(socket);
    let data: string | undefined;
    let count = 0;
    socket.write('220 test\r\n');
    socket.on('data', (chunk) => {
      for (const line of chunk.toString('latin1').split(/(?<=\r\n)/)) {
        if (data !== undefined) {
          data += line;
          if (!data.endsWith('\r\n.\r\n')) continue;
          messages.push(data);
          data = undefined;
          count = messages.length;
          socket.write(`${verdict(count)}\r\n`);
        } else if (line.startsWith('DATA')) {
          data = '';
          socket.write('354 go on\r\n');
        } else if (line.startsWith('QUIT')) socket.end('221 bye\r\n');
        else socket.write('250 ok\r\n');
      }
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { url: `smtp://127.0.0.1:${port}`, messages };
}

const mailOf = async (orderId: string) => (await newestMails(bench.db, 1, orderId))[0];

it('MA1 the mail of a paid order goes out once, with the tickets attached', async () => {
  bench = await Bench.open();
  const { url, messages } = await smtp(() => '250 ok');
  await bench.worker({ env: { SMTP_URL: url, MAIL_FROM: 'House <house@example.org>' } });
  const order = await bench.order([3, 4]);
  await until(async () => (await mailOf(order.orderId))?.state === 'sent', { timeoutMs: 15_000 });
  await bench.jobs.addAgain('mail', { orderId: order.orderId });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(messages).toHaveLength(1);
  const [message] = messages;
  expect(message).toContain('From: House <house@example.org>');
  expect(message).toContain('To: zoe@example.org');
  expect(message).toMatch(/Message-ID: <[0-9a-f-]{36}@usher>/);
  expect(message).toMatch(/filename=tickets-[0-9A-F-]{9}\.pdf/);
  expect(message).toContain(Buffer.from('%PDF-1').toString('base64').slice(0, 8));
});

it('MA3 a mail server that says later is asked again', async () => {
  bench = await Bench.open();
  const { url, messages } = await smtp((count) => (count < 3 ? '451 later' : '250 ok'));
  await bench.worker({ env: { SMTP_URL: url } });
  const order = await bench.order([3]);
  await until(async () => (await mailOf(order.orderId))?.state === 'sent', { timeoutMs: 15_000 });
  expect(messages).toHaveLength(3);
  expect(new Set(messages.map((message) => /Message-ID: (.*)/.exec(message)?.[1])).size).toBe(1);
});

it('MA3 a mail server that says no is believed, and the order stays paid', async () => {
  bench = await Bench.open();
  const { url, messages } = await smtp(() => '550 nobody here');
  await bench.worker({ env: { SMTP_URL: url } });
  const order = await bench.order([3]);
  await until(async () => (await mailOf(order.orderId))?.state === 'failed', { timeoutMs: 15_000 });
  await until(async () => {
    const open = await bench.db
      .sql`select 1 from outbox where order_id = ${order.orderId} and done_at is null`;
    return open.length === 0;
  });
  expect(messages).toHaveLength(1);
  expect(await bench.settled(order.orderId)).toMatchObject({ state: 'paid' });
});
