/**
 * What an idle viewer keeps of the server's memory: resident bytes a socket, after the garbage is collected. Goal P8.
 *
 *   node loadtest/bench/memory.ts [--quick] [--rounds n] [--force]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Options, type Report, runBench } from './lib/bench.ts';
import { Rounds, shown, table } from './lib/figures.ts';
import { House } from './lib/house.ts';
import { LoadClient } from './lib/load-client.ts';
import { collectGarbage, residentBytes, tcpBytes } from './lib/processes.ts';
import { dialectOf, RIVALS, startRival, TITLES } from './lib/rivals.ts';

type Figure = { bytesPerSocket: number; kernelBytesPerPair: number; baseMiB: number };

async function measure({ quick, rounds }: Options): Promise<Report> {
  const sockets = quick ? 3_000 : 15_000;
  const house = await House.open();
  const viewers = house.requestsOf(await house.admit(sockets + 200));
  const figures = new Rounds<Figure>();
  for (let round = 0; round < rounds; round++) {
    for (const rival of round % 2 === 0 ? RIVALS : RIVALS.toReversed()) {
      const server = await startRival(house, rival);
      // A few come and go first, so that what is made once is not counted for each.
      const first = new LoadClient(server.port, dialectOf(rival));
      if (rival === 'usher') await first.requests(viewers.slice(sockets));
      await first.connect(200);
      await first.stop();
      await sleep(300);
      await collectGarbage(server.pid);
      const [resident, kernel] = [residentBytes(server.pid), tcpBytes()];
      const client = new LoadClient(server.port, dialectOf(rival));
      if (rival === 'usher') await client.requests(viewers);
      const { opened } = await client.connect(sockets);
      if (opened !== sockets) throw new Error(`${rival}: only ${opened} sockets opened.`);
      await sleep(500);
      await collectGarbage(server.pid);
      await collectGarbage(server.pid);
      figures.add(rival, {
        bytesPerSocket: (residentBytes(server.pid) - resident) / sockets,
        kernelBytesPerPair: (tcpBytes() - kernel) / sockets,
        baseMiB: resident / 2 ** 20,
      });
      console.log(`${rival}: ${shown(figures.values(rival, 'bytesPerSocket').at(-1)!)} B a socket`);
      await client.stop();
      await server.stop();
    }
  }
  const ratio = figures.ratio('usher', 'uws', 'bytesPerSocket');
  const rows = RIVALS.map((rival) => [
    TITLES[rival],
    figures.ranged(rival, 'bytesPerSocket'),
    shown(figures.ratio(rival, 'uws', 'bytesPerSocket')),
    figures.ranged(rival, 'baseMiB'),
  ]);
  return {
    text: `## ${sockets.toLocaleString('en-US')} idle sockets\n\n${table(['server', 'resident B / socket', 'of the limit', 'MiB before'], rows)}\n\nUsher's figure has the token that it remembers, the visitor, the session and its place in the audience in it.`,
    verdicts: [
      {
        goal: 'P8',
        what: 'resident memory of an idle viewer',
        limit: `${shown(figures.median('uws', 'bytesPerSocket'))} B`,
        ours: `${figures.ranged('usher', 'bytesPerSocket')} B`,
        ratio: `${shown(ratio)}x`,
        target: '<= 1.5x',
        peer: `ws ${shown(figures.ratio('ws', 'uws', 'bytesPerSocket'))}x, Socket.IO ${shown(figures.ratio('socket.io', 'uws', 'bytesPerSocket'))}x`,
        met: ratio <= 1.5,
      },
    ],
    figures,
  };
}

await runBench('memory', 'Memory of idle viewers', measure);
