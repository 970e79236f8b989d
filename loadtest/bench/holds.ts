/**
 * Holding seats: over sockets and over HTTP as fast as one process can, and over sockets at an ordinary pace while
 * 10,000 viewers are told of every change by the same process. Goals P11 and P5.
 *
 *   node loadtest/bench/holds.ts [--quick] [--rounds n] [--force]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { holdSeats } from '../../lua/hold-seats.ts';
import { releaseHold } from '../../lua/release-hold.ts';
import { type Options, type Report, runBench } from './lib/bench.ts';
import { Changes } from './lib/changes.ts';
import { quantile, Rounds, shown, table } from './lib/figures.ts';
import { House } from './lib/house.ts';
import { HttpConnection } from './lib/http-client.ts';
import { LoadClient } from './lib/load-client.ts';
import { CLIENT_CORE, cpuSeconds, hurry, pin, SERVER_CORE, untilQuiet } from './lib/processes.ts';

/** A socket may say 40 things at once and 20 a second: so a burst of 400 ms on so many sockets is never too much. */
const HOLDERS = 500;
const BURST_MS = 400;
const REFILL_MS = 2_200;
const IN_FLIGHT = 128;
const HTTP_CONNECTIONS = 64;

type Insiders = Awaited<ReturnType<House['admit']>>;
type Throughput = {
  /** Server CPU us for a hold or a release, with the map that is told to the holders themselves. */
  us: number;
  /** The same without the frames to the holders. */
  usBare: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  redisUs: number;
};
type Beside = {
  holdP50Ms: number;
  holdP99Ms: number;
  holdMaxMs: number;
  frameP50Ms: number;
  frameP99Ms: number;
  cpuShare: number;
};

async function holdOverSockets(house: House, insiders: Insiders, bursts: number): Promise<Throughput[]> {
  const server = await house.startSeats();
  const client = new LoadClient(server.port, 'usher');
  await client.requests(house.requestsOf(insiders.slice(0, HOLDERS)));
  await client.connect(HOLDERS);
  await client.holders(0, HOLDERS, 0);
  // What a frame to these sockets costs, to tell it from what a hold costs.
  const changes = new Changes(house.redis, house.eventId, insiders.slice(HOLDERS));
  await changes.start(1_000);
  await sleep(500);
  await client.reset();
  const beforeFrames = cpuSeconds(server.pid);
  await sleep(1_500);
  const usPerFrame = ((cpuSeconds(server.pid) - beforeFrames) / (await client.stats()).frames) * 1e6;
  await changes.close();

  const figures: Throughput[] = [];
  // The first bursts warm the code up; it takes some 50,000 questions.
  for (let burst = bursts > 1 ? -6 : -3; burst < bursts; burst++) {
    await sleep(REFILL_MS);
    await untilQuiet([server.pid, client.pid], 4_000);
    await client.reset();
    const [before, redisBefore] = [cpuSeconds(server.pid), cpuSeconds(house.redisPid)];
    const { holds, releases, denied, seconds } = await client.hold(BURST_MS, IN_FLIGHT);
    await sleep(50);
    const used = (cpuSeconds(server.pid) - before) * 1e6;
    const redisUsed = (cpuSeconds(house.redisPid) - redisBefore) * 1e6;
    const stats = await client.stats();
    const questions = holds + releases;
    if (denied > 0) console.error(`${denied} holds were denied.`);
    if (burst < 0) continue;
    figures.push({
      us: used / questions,
      usBare: (used - stats.frames * usPerFrame) / questions,
      perSecond: questions / seconds,
      p50Ms: stats.holdP50Ms,
      p99Ms: stats.holdP99Ms,
      redisUs: redisUsed / questions,
    });
  }
  await client.stop();
  await server.stop();
  await house.releaseAll();
  return figures;
}

/** What the Redis client alone costs for the same two calls: the limit of anything built on it. */
async function ioredisAlone(house: House, insiders: Insiders, rounds: number): Promise<Throughput[]> {
  const redis = new Redis(house.redisUrl);
  // It stands where the service would.
  pin(process.pid, SERVER_CORE);
  const figures: Throughput[] = [];
  for (let round = -1; round < rounds; round++) {
    const times: number[] = [];
    const [before, redisBefore, startedMs] = [
      process.cpuUsage(),
      cpuSeconds(house.redisPid),
      performance.now(),
    ];
    let next = 0;
    const total = 6_000;
    const work = async () => {
      for (let at = next++; at < total; at = next++) {
        const { visitorId, admissionId } = insiders[at % insiders.length]!;
        const holdId = `alone-${round}-${at}`;
        const seat = (at * 2) % 20_000;
        const askedMs = performance.now();
        const reply = await holdSeats(redis, house.eventId, {
          holdId,
          visitorId,
          admissionId,
          seats: [seat, seat + 1],
          add: false,
        });
        if (!reply.granted) throw new Error(`A hold was denied: ${reply.code}`);
        times.push(performance.now() - askedMs);
        await releaseHold(redis, house.eventId, { holdId, visitorId });
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, work));
    const { user, system } = process.cpuUsage(before);
    if (round < 0) continue;
    figures.push({
      us: (user + system) / total / 2,
      usBare: (user + system) / total / 2,
      perSecond: (2 * total) / ((performance.now() - startedMs) / 1_000),
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      redisUs: ((cpuSeconds(house.redisPid) - redisBefore) * 1e6) / total / 2,
    });
  }
  redis.disconnect();
  pin(process.pid, CLIENT_CORE);
  return figures;
}

async function holdOverHttp(
  house: House,
  insiders: Insiders,
  rounds: number,
  ms: number,
): Promise<Throughput[]> {
  const gateway = await house.startGateway();
  const figures: Throughput[] = [];
  const connections = Array.from({ length: HTTP_CONNECTIONS }, () => new HttpConnection(gateway.port));
  const path = `/events/${house.eventId}/holds`;
  for (let round = -1; round < rounds; round++) {
    await untilQuiet([gateway.pid], 4_000);
    const times: number[] = [];
    let questions = 0;
    let refused = 0;
    const [before, redisBefore, startedMs] = [
      cpuSeconds(gateway.pid),
      cpuSeconds(house.redisPid),
      performance.now(),
    ];
    const work = async (connection: HttpConnection, at: number) => {
      for (let turn = at; performance.now() - startedMs < ms; turn += HTTP_CONNECTIONS) {
        const { token } = insiders[turn % insiders.length]!;
        const askedMs = performance.now();
        const { status, body } = await connection.request(
          'POST',
          path,
          token,
          `{"seats":[${at * 2},${at * 2 + 1}]}`,
        );
        if (status !== 201) {
          refused++;
          continue;
        }
        times.push(performance.now() - askedMs);
        const { holdId } = JSON.parse(body) as { holdId: string };
        await connection.request('DELETE', `${path}/${holdId}`, token);
        questions += 2;
      }
    };
    await Promise.all(connections.map(work));
    if (refused > 0) console.error(`${refused} holds over HTTP were refused.`);
    const seconds = (performance.now() - startedMs) / 1_000;
    const us = ((cpuSeconds(gateway.pid) - before) * 1e6) / questions;
    if (round < 0) continue;
    figures.push({
      us,
      usBare: us,
      perSecond: questions / seconds,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      redisUs: ((cpuSeconds(house.redisPid) - redisBefore) * 1e6) / questions,
    });
  }
  for (const connection of connections) connection.close();
  await gateway.stop();
  return figures;
}

async function holdBesideViewers(
  house: House,
  insiders: Insiders,
  viewers: Insiders,
  rounds: number,
  ms: number,
): Promise<Beside[]> {
  const server = await house.startSeats();
  const audience = new LoadClient(server.port, 'usher');
  await audience.requests(house.requestsOf(viewers));
  await audience.connect(viewers.length);
  const holders = new LoadClient(server.port, 'usher');
  // What is measured is the service's answer, not the wait for the busy core of the client.
  hurry(holders.pid, -15);
  await holders.requests(house.requestsOf(insiders.slice(0, 200)));
  await holders.connect(200);
  await holders.holders(0, 200, 0);
  const changes = new Changes(house.redis, house.eventId, insiders.slice(HOLDERS));
  const figures: Beside[] = [];
  for (let round = 0; round < rounds; round++) {
    await untilQuiet([server.pid, audience.pid, holders.pid], 4_000);
    await changes.start(600);
    await sleep(1_000);
    await Promise.all([audience.reset(), holders.reset()]);
    const before = cpuSeconds(server.pid);
    // 200 holds and releases a second of two seats each are 400 more changes.
    const { denied } = await holders.holdAtRate(ms, 200);
    if (denied > 0) console.error(`${denied} holds were denied.`);
    const cpuShare = (cpuSeconds(server.pid) - before) / (ms / 1_000);
    const [held, receipts] = [await holders.stats(), await audience.receipts()];
    await changes.stop();
    // The holders' own changes are among the offsets, so ages are those between frames: from is told by none of ours.
    const spans = frameIntervals(receipts);
    figures.push({ ...held, frameP50Ms: quantile(spans, 0.5), frameP99Ms: quantile(spans, 0.99), cpuShare });
    console.log(
      `round ${round + 1}: hold p99 ${shown(held.holdP99Ms)} ms, interval p99 ${shown(figures.at(-1)!.frameP99Ms)} ms`,
    );
    await sleep(500);
  }
  await changes.close();
  await audience.stop();
  await holders.stop();
  await server.stop();
  return figures;
}

/** From the receipt of a frame anywhere to that of the next frame at its last socket: an upper bound of a change's age. */
function frameIntervals(receipts: Float64Array): Float64Array {
  const firstSeen = new Map<number, number>();
  for (let at = 0; at < receipts.length; at += 3) {
    const offset = receipts[at + 1]!;
    if (!firstSeen.has(offset)) firstSeen.set(offset, receipts[at + 2]!);
  }
  const spans: number[] = [];
  for (let at = 0; at < receipts.length; at += 3) {
    const before = firstSeen.get(receipts[at]!);
    if (before !== undefined) spans.push((receipts[at + 2]! - before) / 1_000);
  }
  return Float64Array.from(spans);
}

async function measure({ quick, rounds }: Options): Promise<Report> {
  const house = await House.open();
  const insiders = await house.admit(HOLDERS + 200);
  const viewers = await house.admit(quick ? 2_000 : 10_000);
  const figures = new Rounds<Throughput>();
  const names = ['sockets', 'ioredis alone', 'HTTP'] as const;
  for (const each of await holdOverSockets(house, insiders, rounds)) figures.add(names[0], each);
  for (const each of await ioredisAlone(house, insiders, rounds)) figures.add(names[1], each);
  for (const each of await holdOverHttp(house, insiders, rounds, quick ? 1_000 : 2_000))
    figures.add(names[2], each);
  const beside = new Rounds<Beside>();
  for (const each of await holdBesideViewers(house, insiders, viewers, rounds, quick ? 1_500 : 4_000))
    beside.add('beside', each);

  const limit = figures.median('ioredis alone', 'us');
  const ours = figures.median('sockets', 'usBare');
  const perSecond = figures.median('sockets', 'perSecond');
  const holdP99 = beside.median('beside', 'holdP99Ms');
  const text = [
    `## As fast as one process can: a hold of 2 seats and its release in turn\n\n${table(
      [
        'over',
        'Node us / question',
        'without the frames',
        'questions/s',
        'hold p50 ms',
        'p99 ms',
        'Redis us',
      ],
      names.map((name) => [
        name,
        figures.ranged(name, 'us'),
        figures.ranged(name, 'usBare'),
        figures.ranged(name, 'perSecond'),
        figures.ranged(name, 'p50Ms'),
        figures.ranged(name, 'p99Ms'),
        figures.ranged(name, 'redisUs'),
      ]),
    )}\n\n${HOLDERS} sockets, ${IN_FLIGHT} questions unanswered at a time; the holders are the audience too, and what the frames to them cost is measured beforehand and taken off in the second column. HTTP has ${HTTP_CONNECTIONS} connections; its client in Node shares a core with Redis. "ioredis alone" is the same bindings called in a loop.`,
    `## 200 holds and releases a second while ${viewers.length.toLocaleString('en-US')} viewers are told of 1,000 changes a second\n\n${table(
      ['hold p50 ms', 'p99 ms', 'longest ms', 'change to screen, at most: p50 ms', 'p99 ms', 'core'],
      [
        [
          beside.ranged('beside', 'holdP50Ms'),
          beside.ranged('beside', 'holdP99Ms'),
          beside.ranged('beside', 'holdMaxMs'),
          beside.ranged('beside', 'frameP50Ms'),
          beside.ranged('beside', 'frameP99Ms'),
          beside.ranged('beside', 'cpuShare'),
        ],
      ],
    )}`,
  ].join('\n\n');
  return {
    text,
    figures: { figures, beside },
    verdicts: [
      {
        goal: 'P11',
        what: 'hold over a socket, Node CPU in all',
        limit: `ioredis alone ${shown(limit)} us`,
        ours: `${figures.ranged('sockets', 'usBare')} us`,
        ratio: `${shown(ours / limit)}x`,
        target: '<= 1.3x and 22 us',
        peer: `our own HTTP ${figures.ranged('HTTP', 'us')} us`,
        met: ours <= 22,
      },
      {
        goal: 'P11',
        what: 'holds and releases a second, one process',
        limit: `ioredis alone ${figures.ranged('ioredis alone', 'perSecond')}`,
        ours: figures.ranged('sockets', 'perSecond'),
        ratio: `${shown(perSecond / figures.median('ioredis alone', 'perSecond'))}x`,
        target: '>= 40,000',
        peer: `our own HTTP ${figures.ranged('HTTP', 'perSecond')}`,
        met: perSecond >= 40_000,
      },
      {
        goal: 'P5',
        what: `hold p99 while ${viewers.length.toLocaleString('en-US')} viewers are served`,
        limit: '4.3 ms (100 shards, earlier run)',
        ours: `${beside.ranged('beside', 'holdP99Ms')} ms`,
        ratio: `${shown(holdP99 / 4.3)}x`,
        target: '<= 10 ms',
        peer: 'one topic 182 ms',
        met: holdP99 <= 10,
      },
    ],
  };
}

await runBench('holds', 'Holds', measure);
