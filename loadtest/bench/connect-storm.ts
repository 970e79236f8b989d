/**
 * What a visitor's arrival costs: connect, authenticate, get the map; and what it costs when everybody comes back
 * at once and says where they were. Goals P6 and P7.
 *
 *   node loadtest/bench/connect-storm.ts [--quick] [--rounds n] [--force]
 */

import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdmissionReader, createTokens } from '../../shared/runtime/tokens.ts';
import { type Options, type Report, runBench, type Verdict } from './lib/bench.ts';
import { Changes } from './lib/changes.ts';
import { checkMaps } from './lib/check-maps.ts';
import { Rounds, shown, table } from './lib/figures.ts';
import { House, type Request } from './lib/house.ts';
import { LoadClient } from './lib/load-client.ts';
import { cpuSeconds, untilQuiet } from './lib/processes.ts';
import { dialectOf, RIVALS, type Rival, startRival, TITLES } from './lib/rivals.ts';

type Arrival = { us: number; perSecond: number; p99Ms: number; failed: number };
type Return = {
  cpuSeconds: number;
  seconds: number;
  resumed: number;
  gaps: number;
  /** Attempts that were refused and made again. */
  refused: number;
  commandsPerSocket: number;
  gapsWhileChanging: number;
  resumedWhileChanging: number;
};

/** Server CPU for each connection of a churn. */
async function churn(pid: number, client: LoadClient, ms: number, atMost?: number): Promise<Arrival> {
  await client.reset();
  const before = cpuSeconds(pid);
  const { opened, failed, seconds } = await client.churn(ms, 128, atMost);
  await sleep(50);
  const used = cpuSeconds(pid) - before;
  const { connectP99Ms } = await client.stats();
  return { us: (used / opened) * 1e6, perSecond: opened / seconds, p99Ms: connectP99Ms, failed };
}

async function measureArrivals(
  house: House,
  viewers: Request[],
  rounds: number,
  ms: number,
): Promise<Rounds<Arrival>> {
  const figures = new Rounds<Arrival>();
  for (let round = 0; round < rounds; round++) {
    for (const rival of round % 2 === 0 ? RIVALS : RIVALS.toReversed()) {
      const server = await startRival(house, rival);
      const client = new LoadClient(server.port, dialectOf(rival));
      await untilQuiet([server.pid, client.pid], 4_000);
      if (rival === 'usher') {
        // The service remembers tokens that it has checked: the first arrivals are dearer than those who come back.
        const warm = viewers.length >> 3;
        await client.requests(viewers.slice(0, warm));
        await client.churn(60_000, 128, warm);
        await client.requests(viewers.slice(warm));
        figures.add('usher, first', await churn(server.pid, client, 60_000, viewers.length - warm));
      } else await client.churn(600);
      figures.add(rival, await churn(server.pid, client, ms));
      await client.stop();
      await server.stop();
    }
    figures.add('token', { us: verifyUs(), perSecond: 0, p99Ms: 0, failed: 0 });
  }
  return figures;
}

/** CPU for checking one admission token that has not been seen before. */
function verifyUs(): number {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const admissionPrivatePem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const admissionPublicPem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const { signAdmission } = createTokens({
    admissionPrivatePem,
    admissionPublicPem,
    admissionKeyId: 'bench',
    secret: 'bench',
  });
  const read = createAdmissionReader(admissionPublicPem);
  const expiresAtMs = Date.now() + 3_600_000;
  const sign = (at: number) =>
    signAdmission({ eventId: 1, visitorId: `1-1-${at}`, admissionId: `1-1-${at}`, expiresAtMs });
  const tokens = Array.from({ length: 3_000 }, (_, at) => sign(at));
  for (const token of tokens.slice(0, 1_000)) read(token);
  const before = process.cpuUsage();
  for (const token of tokens.slice(1_000))
    if (typeof read(token) === 'string') throw new Error('A good token was refused.');
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 2_000;
}

async function measureReturns(
  house: House,
  viewers: Request[],
  rounds: number,
  notes: string[],
): Promise<Rounds<Return>> {
  const figures = new Rounds<Return>();
  const sockets = viewers.length;
  const changes = new Changes(house.redis, house.eventId, await house.admit(200));
  for (let round = 0; round < rounds; round++) {
    for (const rival of ['usher', 'uws'] as const) {
      const server = await startRival(house, rival);
      const client = new LoadClient(server.port, dialectOf(rival));
      if (rival === 'usher') await client.requests(viewers);
      await client.connect(sockets);
      await client.resuming(rival === 'usher');
      await client.drop();
      await changes.start(1_000);
      await sleep(1_000);
      await changes.stop();
      await sleep(500);
      await untilQuiet([server.pid, client.pid], 4_000);
      await client.reset();
      const commands = await house.commandCounts();
      const before = cpuSeconds(server.pid);
      const { seconds, failed } = await client.connect(sockets, 512);
      await sleep(100);
      const used = cpuSeconds(server.pid) - before;
      const stats = await client.stats();
      const later = await house.commandCounts();
      let whileChanging = { gaps: 0, resumed: 0 };
      if (rival === 'usher') {
        // Once more while the map goes on changing: nothing may be lost then either.
        await changes.start(1_000);
        await client.drop();
        await sleep(700);
        await client.reset();
        await client.connect(sockets, 512);
        await sleep(300);
        await changes.stop();
        await sleep(1_500);
        whileChanging = await client.stats();
        notes.push(`round ${round + 1}: ${await checkMaps(house, client)}`);
      }
      figures.add(rival, {
        cpuSeconds: used,
        seconds,
        resumed: stats.resumed,
        gaps: stats.gaps,
        refused: failed,
        commandsPerSocket: ((later.get('fcall') ?? 0) - (commands.get('fcall') ?? 0)) / sockets,
        gapsWhileChanging: whileChanging.gaps,
        resumedWhileChanging: whileChanging.resumed,
      });
      await client.stop();
      await server.stop();
    }
  }
  await changes.close();
  return figures;
}

async function measure({ quick, rounds }: Options): Promise<Report> {
  const house = await House.open();
  const viewers = house.requestsOf(await house.admit(quick ? 2_000 : 10_000));
  const arrivals = await measureArrivals(house, viewers, rounds, quick ? 1_000 : 2_500);
  const notes: string[] = [];
  const returns = await measureReturns(house, viewers, rounds, notes);
  const token = arrivals.median('token', 'us');
  const names: [string, string][] = [
    ['usher, first', '**Usher**, token not seen before'],
    ...RIVALS.map((rival): [string, string] => [
      rival,
      rival === 'usher' ? '**Usher**, token remembered' : TITLES[rival as Rival],
    ]),
  ];
  const text = [
    `## Connect, authenticate, map of 20,000 seats, reset; 128 at a time\n\n${table(
      ['server', 'server us / connection', 'of the limit', 'connections/s', 'p99 ms', 'failed'],
      names.map(([name, title]) => [
        title,
        arrivals.ranged(name, 'us'),
        shown(arrivals.ratio(name, 'uws', 'us')),
        arrivals.ranged(name, 'perSecond'),
        shown(arrivals.median(name, 'p99Ms')),
        shown(arrivals.values(name, 'failed').reduce((sum, each) => sum + each, 0)),
      ]),
    )}\n\nChecking one token costs ${arrivals.ranged('token', 'us')} us. The peers check none.`,
    `## ${viewers.length.toLocaleString('en-US')} sockets come back after 1,000 changes, 512 at a time\n\n${table(
      [
        'server',
        'server CPU s',
        'of the limit',
        's',
        'resumed',
        'refused at first',
        'gaps',
        'Redis functions / socket',
        'resumed / gaps while changing',
      ],
      (['usher', 'uws'] as const).map((name) => [
        TITLES[name],
        returns.ranged(name, 'cpuSeconds'),
        shown(returns.ratio(name, 'uws', 'cpuSeconds')),
        returns.ranged(name, 'seconds'),
        shown(returns.median(name, 'resumed')),
        shown(returns.median(name, 'refused')),
        shown(returns.median(name, 'gaps')),
        shown(returns.median(name, 'commandsPerSocket')),
        `${shown(returns.median(name, 'resumedWhileChanging'))} / ${shown(returns.median(name, 'gapsWhileChanging'))}`,
      ]),
    )}\n\nAfterwards: ${notes.join('; ')}.`,
  ].join('\n\n');
  return { text, verdicts: judge(arrivals, returns, token), figures: { arrivals, returns, notes } };
}

function judge(arrivals: Rounds<Arrival>, returns: Rounds<Return>, token: number): Verdict[] {
  const bare = arrivals.median('uws', 'us');
  const first = arrivals.median('usher, first', 'us');
  const again = arrivals.median('usher', 'us');
  const back = returns.ratio('usher', 'uws', 'cpuSeconds');
  const commands = returns.median('usher', 'commandsPerSocket');
  const gaps = [...returns.values('usher', 'gaps'), ...returns.values('usher', 'gapsWhileChanging')].reduce(
    (a, b) => a + b,
    0,
  );
  const peer = `ws ${shown(arrivals.ratio('ws', 'uws', 'us'))}x, Socket.IO ${shown(arrivals.ratio('socket.io', 'uws', 'us'))}x, without a token`;
  return [
    {
      goal: 'P6',
      what: 'connect + authenticate + snapshot, token not seen before',
      limit: `${shown(bare)} us + ${shown(token)} us for the token`,
      ours: `${arrivals.ranged('usher, first', 'us')} us`,
      ratio: `${shown(first / (bare + token))}x`,
      target: `<= ${shown(1.1 * bare + token)} us`,
      peer,
      met: first <= 1.1 * bare + token,
    },
    {
      goal: 'P6',
      what: 'the same, token remembered',
      limit: `${shown(bare)} us`,
      ours: `${arrivals.ranged('usher', 'us')} us`,
      ratio: `${shown(again / bare)}x`,
      target: '<= 1.1x',
      peer,
      met: again <= 1.1 * bare,
    },
    {
      goal: 'P7',
      what: 'all come back with resume: server CPU',
      limit: `${shown(returns.median('uws', 'cpuSeconds'))} s`,
      ours: `${returns.ranged('usher', 'cpuSeconds')} s`,
      ratio: `${shown(back)}x`,
      target: '<= 1.5x',
      peer: '–',
      met: back <= 1.5,
    },
    {
      goal: 'P7',
      what: 'frames that did not chain',
      limit: '0',
      ours: shown(gaps),
      ratio: '–',
      target: '0',
      peer: '–',
      met: gaps === 0,
    },
    {
      goal: 'P7',
      what: 'Redis functions a socket',
      limit: '0',
      ours: shown(commands),
      ratio: '–',
      target: '0',
      peer: '–',
      met: commands < 0.01,
    },
  ];
}

await runBench('connect-storm', 'Arrivals and returns', measure);
