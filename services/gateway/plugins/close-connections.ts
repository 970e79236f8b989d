/**
 * Closing the door. Node waits for every connection that is not idle, and one on which nothing was ever sent
 * counts as busy: browsers open such ones in advance, and a gateway would wait for them until its deadline.
 */
import type { Socket } from 'node:net';
import type { App } from '../deps.ts';

/** How long answers that are being made may take once the gateway was asked to stop. */
const GRACE_MS = 3_000;

/** Makes the app's close end silent connections at once, and all of them after a grace. */
export function closeConnections(app: App): void {
  const open = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  app.addHook('preClose', (done) => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    const timer = setTimeout(() => app.server.closeAllConnections(), GRACE_MS).unref();
    app.server.once('close', () => clearTimeout(timer));
    done();
  });
}
