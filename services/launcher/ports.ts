import { createServer } from 'node:net';
import { UserError } from './console.ts';

/** Ports on which a machine's own Redis or PostgreSQL is looked for: never used for the embedded ones. */
const WELL_KNOWN = new Set([6379, 5432]);

/** Tries to listen, and says why it could not: `EADDRINUSE`, `EACCES`; undefined where it could. */
async function listenFault(port: number, host: string): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    // Exclusive, because a process that shares the port (SO_REUSEPORT) would hide that it is taken.
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Whether this machine has no IPv6, which is no fault of the port. */
function isMissingFamily(fault: string | undefined): boolean {
  return fault === 'EAFNOSUPPORT' || fault === 'EADDRNOTAVAIL';
}

/** A free port on the loopback address, `wanted` if that is free. */
export async function freePort(wanted?: number): Promise<number> {
  if (wanted !== undefined && (await listenFault(wanted, '127.0.0.1')) === undefined) return wanted;
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
      });
    });
    if (!WELL_KNOWN.has(port)) return port;
  }
}

/** A port that a service will listen on, and the option that changes it. */
export interface NamedPort {
  readonly service: string;
  readonly variable: string;
  readonly option: string;
  readonly port: number;
}

/** Reads a port number. Throws a {@link UserError} where it is none. */
export function readPort(variable: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new UserError(`${variable} must be a port between 1 and 65535; it is "${text}".`);
}

/** Throws a {@link UserError} that names the first port which is taken, forbidden or wanted twice. */
export async function checkPorts(ports: readonly NamedPort[]): Promise<void> {
  for (const [i, { service, variable, option, port }] of ports.entries()) {
    const twin = ports.slice(0, i).find((other) => other.port === port);
    if (twin) {
      throw new UserError(
        `${twin.service} and ${service} are both to listen on port ${port}. Change ${option} <port>.`,
      );
    }
    for (const host of ['0.0.0.0', '::', '127.0.0.1']) {
      const fault = await listenFault(port, host);
      if (fault === undefined || isMissingFamily(fault)) continue;
      const reason =
        fault === 'EACCES'
          ? `may not be used by this user`
          : fault === 'EADDRINUSE'
            ? 'is already taken'
            : `fails (${fault})`;
      throw new UserError(
        `Port ${port}, on which the ${service} would listen, ${reason}. ` +
          `Stop what uses it, or choose another: npm start -- ${option} ${port + 1000 > 65_535 ? 9000 : port + 1000} (or ${variable}=...).`,
      );
    }
  }
}
