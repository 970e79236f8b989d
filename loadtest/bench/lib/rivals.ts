/** The servers that are measured side by side, each with the client that speaks its dialect. */
import { freePort, type House, PEER_EVENTS, SEATS, type Service } from './house.ts';
import type { Dialect } from './load-client.ts';
import { GC_ON_SIGNAL, LineProcess, SERVER_CORE } from './processes.ts';

export const RIVALS = ['usher', 'uws', 'ws', 'socket.io'] as const;
export type Rival = (typeof RIVALS)[number];

export const TITLES: Readonly<Record<Rival, string>> = {
  usher: '**Usher**',
  uws: 'bare uWebSockets.js (the limit)',
  ws: '`ws`',
  'socket.io': 'Socket.IO + Redis adapter',
};

export const dialectOf = (rival: Rival): Dialect =>
  rival === 'usher' ? 'usher' : rival === 'socket.io' ? 'sio' : 'plain';

/** The event whose feed a rival serves. */
export const eventOf = (house: House, rival: Rival): number =>
  rival === 'usher' ? house.eventId : PEER_EVENTS[RIVALS.indexOf(rival) - 1]!;

export async function startRival(house: House, rival: Rival): Promise<Service> {
  if (rival === 'usher') return house.startSeats();
  const port = await freePort();
  const script = new URL('./peer-server.ts', import.meta.url).pathname;
  const command = [
    process.execPath,
    ...GC_ON_SIGNAL,
    script,
    rival,
    String(port),
    house.redisUrl,
    String(eventOf(house, rival)),
    String(SEATS),
  ];
  const server = new LineProcess(command, { core: SERVER_CORE });
  await server.next();
  return { port, pid: server.pid, stop: () => server.stop() };
}
