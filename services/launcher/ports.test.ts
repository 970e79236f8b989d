import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { checkPorts, freePort, readPort } from './ports.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

async function listen(host: string): Promise<number> {
  const port = await freePort();
  server = createServer();
  await new Promise<void>((resolve) => server?.listen(port, host, resolve));
  return port;
}

const named = (port: number) => [{ service: 'gateway', variable: 'GATEWAY_PORT', option: '--port', port }];

it.each(['127.0.0.1', '0.0.0.0'])(
  'a port taken on %s is named with the option that changes it',
  async (host) => {
    const port = await listen(host);
    await expect(checkPorts(named(port))).rejects.toThrow(
      `Port ${port}, on which the gateway would listen, is already taken. Stop what uses it, or choose another: npm start -- --port`,
    );
  },
);

it('a free port passes, twice the same does not', async () => {
  const port = await freePort();
  await checkPorts(named(port));
  await expect(checkPorts([...named(port), ...named(port)])).rejects.toThrow(
    `both to listen on port ${port}`,
  );
});

it('gives the wanted port while it is free, and another one when it is not', async () => {
  const free = await freePort();
  expect(await freePort(free)).toBe(free);
  const taken = await listen('127.0.0.1');
  expect(await freePort(taken)).not.toBe(taken);
});

it.each(['', '0', '65536', '80a', '-1', '1.5'])('"%s" is no port', (text) => {
  expect(() => readPort('SEATS_PORT', text)).toThrow('SEATS_PORT must be a port between 1 and 65535');
});
