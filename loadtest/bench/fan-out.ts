/**
 * What it costs to tell an audience of a changing map, and how soon it knows: the seat service beside bare
 * uWebSockets.js, `ws` and Socket.IO, all serving the same changes by the same rule of windows. Goals P1 to P4.
 *
 *   node loadtest/bench/fan-out.ts [--quick] [--rounds n] [--force]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Options, type Report, runBench, type Verdict } from './lib/bench.ts';
import { Changes } from './lib/changes.ts';
import { checkMaps } from './lib/check-maps.ts';
import { Rounds, shown, table } from './lib/figures.ts';
import { House } from './lib/house.ts';
import { LoadClient } from './lib/load-client.ts';
import { cpuSeconds, machineCpuSeconds, patience, untilQuiet } from './lib/processes.ts';
import { dialectOf, eventOf, RIVALS, type Rival, startRival, TITLES } from './lib/rivals.ts';

const CHANGES_PER_SECOND = 1_000;
const WARM_UP_MS = 600;
/** A round in which others used more of the machine than this is measured again. Redis is among the others. */
const FOREIGN_SHARE_MAX = 0.45;
const RETRIES_MAX = 1;
const QUIET_WAIT_MS = 4_000;
/** Visitors who make the changes. */
const MAKERS = 200;

type Figure = {
  /** Server CPU us for one frame to one socket. */
  usPerDelivery: number;
  /** Server CPU us for one change to one socket. */
  usPerChange: number;
  framesPerSecond: number;
  cpuShare: number;
  p50Ms: number;
  p99Ms: number;
  bytesPerChange: number;
  gaps: number;
  clientShare: number;
  foreignShare: number;
};

type Seated = {
  readonly rival: Rival;
  readonly pid: number;
  readonly client: LoadClient;
  readonly changes: Changes;
};

async function measureOne({ pid, client, changes }: Seated, sockets: number, ms: number): Promise<Figure> {
  await changes.start(CHANGES_PER_SECOND);
  await sleep(WARM_UP_MS);
  await client.reset();
  const before = [
    cpuSeconds(pid),
    cpuSeconds(client.pid),
    cpuSeconds(process.pid),
    machineCpuSeconds(),
  ] as const;
  const [startedMs, seatsBefore] = [performance.now(), changes.seatChanges];
  await sleep(ms);
  const stats = await client.stats();
  const seconds = (performance.now() - startedMs) / 1_000;
  const seatChanges = changes.seatChanges - seatsBefore;
  const [server, load, own, all] = [
    cpuSeconds(pid),
    cpuSeconds(client.pid),
    cpuSeconds(process.pid),
    machineCpuSeconds(),
  ].map((value, at) => value - before[at]!) as [number, number, number, number];
  await changes.stop();
  await sleep(400);
  const ages = changes.ages(await client.receipts());
  const framesPerSocket = stats.frames / sockets;
  return {
    usPerDelivery: (server / stats.frames) * 1e6,
    usPerChange: (server / seatChanges / sockets) * 1e6,
    framesPerSecond: framesPerSocket / seconds,
    cpuShare: server / seconds,
    p50Ms: ages.p50,
    p99Ms: ages.p99,
    bytesPerChange: (stats.frameBytes - 16 * stats.frames) / (stats.frames * (seatChanges / framesPerSocket)),
    gaps: stats.gaps,
    clientShare: load / seconds,
    foreignShare: (all - server - load - own) / seconds,
  };
}

async function measure({ quick, rounds }: Options): Promise<Report> {
  const sizes = quick ? [1_000, 3_000] : [1_000, 5_000, 10_000, 15_000];
  const ms = quick ? 1_500 : 3_000;
  const house = await House.open();
  const viewers = house.requestsOf(await house.admit(Math.max(...sizes)));
  const changesOf = new Map<Rival, Changes>();
  for (const rival of RIVALS) {
    const event = eventOf(house, rival);
    changesOf.set(rival, new Changes(house.redis, event, await house.admit(MAKERS, event)));
  }
  const bySize = new Map<number, Rounds<Figure>>();
  const lost: string[] = [];
  for (const sockets of sizes) {
    const figures = new Rounds<Figure>();
    bySize.set(sockets, figures);
    const seated: (Seated & { stop(): Promise<void> })[] = [];
    for (const rival of RIVALS) {
      const server = await startRival(house, rival);
      const client = new LoadClient(server.port, dialectOf(rival));
      if (rival === 'usher') await client.requests(viewers);
      const { opened, failed } = await client.connect(sockets);
      if (opened !== sockets) throw new Error(`${rival}: ${opened} sockets opened, ${failed} failed.`);
      const changes = changesOf.get(rival)!;
      const stop = async () => {
        await client.stop();
        await server.stop();
      };
      seated.push({ rival, pid: server.pid, client, changes, stop });
    }
    await sleep(500);
    for (let round = 0; round < rounds; round++) {
      for (const each of round % 2 === 0 ? seated : seated.toReversed()) {
        let figure = await measureOne(each, sockets, ms);
        for (
          let again = 0;
          patience.waits && figure.foreignShare > FOREIGN_SHARE_MAX && again < RETRIES_MAX;
          again++
        ) {
          await untilQuiet([each.pid, each.client.pid], QUIET_WAIT_MS);
          figure = await measureOne(each, sockets, ms);
        }
        figures.add(each.rival, figure);
        console.log(
          `${sockets} ${each.rival}: ${shown(figure.usPerDelivery)} us, p99 ${shown(figure.p99Ms)} ms, ${shown(figure.framesPerSecond)} frames/s, server ${shown(figure.cpuShare)}, client ${shown(figure.clientShare)}, foreign ${shown(figure.foreignShare)}, gaps ${figure.gaps}`,
        );
      }
    }
    const own = seated.find(({ rival }) => rival === 'usher')!;
    lost.push(`${sockets.toLocaleString('en-US')}: ${await checkMaps(house, own.client)}`);
    for (const each of seated) await each.stop();
  }
  for (const changes of changesOf.values()) await changes.close();
  return { text: describe(bySize, lost), verdicts: judge(bySize), figures: Object.fromEntries(bySize) };
}

function describe(bySize: ReadonlyMap<number, Rounds<Figure>>, lost: readonly string[]): string {
  const parts = [...bySize].map(([sockets, figures]) => {
    const rows = RIVALS.map((rival) => [
      TITLES[rival],
      figures.ranged(rival, 'usPerDelivery'),
      figures.ranged(rival, 'usPerChange'),
      shown(figures.ratio(rival, 'uws', 'usPerChange')),
      figures.ranged(rival, 'framesPerSecond'),
      shown(figures.median(rival, 'cpuShare')),
      figures.ranged(rival, 'p50Ms'),
      figures.ranged(rival, 'p99Ms'),
      String(figures.values(rival, 'gaps').reduce((sum, gaps) => sum + gaps, 0)),
      shown(figures.median(rival, 'foreignShare')),
    ]);
    const head = [
      'server',
      'CPU-s / M deliveries',
      'CPU-s / M change-deliveries',
      'of the limit',
      'frames/s',
      'core',
      'p50 ms',
      'p99 ms',
      'gaps',
      'cores of others',
    ];
    return `## ${sockets.toLocaleString('en-US')} sockets, ${CHANGES_PER_SECOND.toLocaleString('en-US')} changes/s\n\n${table(head, rows)}`;
  });
  return [
    'Times are from the oldest change in a frame, as its maker sent it to Redis, to the socket that read the frame. The cores of others are what was used by processes that are neither the server nor the client, Redis among them. All servers use the window rule of the seat service, `max(16 ms, 1.25 x last fan-out)`, which flatters the peers: a frame a change would cost each of them its CPU-s / M deliveries for every change.',
    ...parts,
    `## The maps of the sampled sockets against Redis\n\n${lost.map((line) => `- ${line}`).join('\n')}`,
  ].join('\n\n');
}

function judge(bySize: ReadonlyMap<number, Rounds<Figure>>): Verdict[] {
  const verdicts: Verdict[] = [];
  const largest = bySize.get(Math.max(...bySize.keys()))!;
  const add = (
    goal: string,
    what: string,
    figures: Rounds<Figure>,
    field: keyof Figure,
    unit: string,
    max: number,
    absoluteMax?: number,
  ) => {
    const ratio = figures.ratio('usher', 'uws', field);
    const ours = figures.median('usher', field);
    const peer = figures.ratio('socket.io', 'uws', field);
    verdicts.push({
      goal,
      what,
      limit: `${shown(figures.median('uws', field))} ${unit}`,
      ours: `${figures.ranged('usher', field)} ${unit}`,
      ratio: `${shown(ratio)}x`,
      target: absoluteMax === undefined ? `<= ${max}x` : `<= ${max}x or ${absoluteMax} ${unit}`,
      peer: `Socket.IO ${shown(peer)}x`,
      met: ratio <= max || (absoluteMax !== undefined && ours <= absoluteMax),
    });
  };
  const top = Math.max(...bySize.keys()).toLocaleString('en-US');
  add('P1', `CPU per frame delivered, ${top} sockets`, largest, 'usPerDelivery', 'us', 1.08);
  for (const sockets of [10_000, 3_000]) {
    const figures = bySize.get(sockets);
    if (figures) {
      add(
        'P2',
        `CPU per change delivered, ${sockets.toLocaleString('en-US')} sockets`,
        figures,
        'usPerChange',
        'us',
        1.1,
      );
      break;
    }
  }
  const bytes = largest.median('usher', 'bytesPerChange');
  verdicts.push({
    goal: 'P3',
    what: 'bytes a change in a frame of 20 and more',
    limit: '4 B + 8 B a frame',
    ours: `${shown(bytes)} B + 16 B a frame`,
    ratio: `${shown(bytes / 4)}x`,
    target: '<= 4.5 B + 12 B a frame',
    peer: 'JSON 50–90 B',
    met: bytes <= 4.5 - 4 / 20,
  });
  for (const [sockets, max] of [
    [1_000, 65],
    [10_000, 200],
  ] as const) {
    const figures = bySize.get(sockets);
    if (figures)
      add(
        'P4',
        `hold to screen, p99, ${sockets.toLocaleString('en-US')} sockets`,
        figures,
        'p99Ms',
        'ms',
        1.15,
        max,
      );
  }
  // Times and windows of a starved server say how starved it was.
  const others = Math.max(...[...bySize.values()].map((figures) => figures.median('usher', 'foreignShare')));
  if (others <= FOREIGN_SHARE_MAX) return verdicts;
  return verdicts.map((verdict) =>
    verdict.goal === 'P3'
      ? verdict
      : {
          ...verdict,
          met: false,
          target: `${verdict.target}; not judged, others used ${shown(others)} cores`,
        },
  );
}

await runBench('fan-out', 'Fan-out', measure);
