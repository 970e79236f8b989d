/**
 * How late an unpaid hold is released, amid 1,000,000 other keys that expire and at 1,000 ends a second. The goal of
 * the whole system: p99 below 50 ms, and never early.
 *
 *   node loadtest/bench/expiry.ts [--quick] [--rounds n] [--force]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { parseFeedEntry } from '../../lua/feed-entry.ts';
import { holdSeats } from '../../lua/hold-seats.ts';
import { eventKey } from '../../lua/keys.ts';
import { type Options, type Report, runBench } from './lib/bench.ts';
import { quantile, Rounds, shown, table } from './lib/figures.ts';
import { House, readMetrics } from './lib/house.ts';
import { LoadClient } from './lib/load-client.ts';
import { cpuSeconds, untilQuiet } from './lib/processes.ts';

const HOLD_MS = 2_000;
const ENDS_PER_SECOND = 1_000;
const OTHER_KEYS_TTL_MS = 3_600_000;
const TICK_MS = 1;

type Figure = {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  earliestMs: number;
  ended: number;
  missing: number;
  redisShare: number;
  serverShare: number;
};

/** Keys like those that others leave in a Redis: each with a TTL of some minutes to an hour. */
async function addOtherKeys(redis: Redis, count: number): Promise<void> {
  const script = `for at = ARGV[1], ARGV[2] do redis.call('SET', 'other:' .. at, 'x', 'PX', ARGV[3] - (at * 7919) % 3000000) end`;
  for (let from = 0; from < count; from += 20_000) {
    await redis.eval(script, 0, from, Math.min(count, from + 20_000) - 1, OTHER_KEYS_TTL_MS);
  }
}

async function measureOne(
  house: House,
  ms: number,
  insiders: Awaited<ReturnType<House['admit']>>,
  server: { pid: number },
  run: string,
): Promise<Figure> {
  const deadlines = new Map<string, number>();
  const lateness: number[] = [];
  const feed = new Redis(house.redisUrl);
  feed.on('message', (_channel: string, line: string) => {
    const nowMs = performance.timeOrigin + performance.now();
    const entry = parseFeedEntry(line.slice(line.indexOf(' ') + 1));
    if (entry.kind === 'locked') deadlines.set(entry.holdId, entry.expiresAtMs);
    if (entry.kind !== 'released') return;
    const deadlineMs = deadlines.get(entry.holdId);
    if (deadlineMs === undefined) return;
    lateness.push(nowMs - deadlineMs);
    deadlines.delete(entry.holdId);
  });
  await feed.subscribe(eventKey(house.eventId, 'feed'));
  const startedMs = performance.now();
  const [redisBefore, serverBefore] = [cpuSeconds(house.redisPid), cpuSeconds(server.pid)];
  let made = 0;
  const pending: Promise<void>[] = [];
  while (performance.now() - startedMs < ms) {
    const due = ((performance.now() - startedMs) * ENDS_PER_SECOND) / 1_000;
    for (; made < due; made++) {
      const { visitorId, admissionId } = insiders[made % insiders.length]!;
      const request = {
        holdId: `${run}-${made}`,
        visitorId,
        admissionId,
        seats: [made % 20_000],
        add: false,
      };
      pending.push(
        holdSeats(house.redis, house.eventId, request).then((reply) => {
          if (!reply.granted) throw new Error(`A hold was denied: ${reply.code}`);
        }),
      );
    }
    await sleep(TICK_MS);
  }
  await Promise.all(pending);
  const seconds = (performance.now() - startedMs) / 1_000;
  const [redisShare, serverShare] = [
    (cpuSeconds(house.redisPid) - redisBefore) / seconds,
    (cpuSeconds(server.pid) - serverBefore) / seconds,
  ];
  await sleep(HOLD_MS + 1_500);
  feed.disconnect();
  return {
    p50Ms: quantile(lateness, 0.5),
    p99Ms: quantile(lateness, 0.99),
    maxMs: quantile(lateness, 1),
    earliestMs: lateness[0] ?? Number.NaN,
    ended: lateness.length,
    missing: deadlines.size,
    redisShare,
    serverShare,
  };
}

async function measure({ quick, rounds }: Options): Promise<Report> {
  const house = await House.open({ holdMs: HOLD_MS });
  const insiders = await house.admit(1_000);
  const server = await house.startSeats();
  // Somebody watches: a map that nobody sees is not mirrored.
  const client = new LoadClient(server.port, 'usher');
  await client.requests(house.requestsOf(insiders.slice(0, 50)));
  await client.connect(50);
  const ms = quick ? 3_000 : 6_000;
  const figures = new Rounds<Figure>();
  const amounts = [0, quick ? 100_000 : 1_000_000];
  for (const others of amounts) {
    await addOtherKeys(house.redis, others);
    const name = `${others.toLocaleString('en-US')} other keys`;
    for (let round = 0; round < rounds; round++) {
      await untilQuiet([server.pid, client.pid, house.redisPid], 4_000);
      const figure = await measureOne(house, ms, insiders, server, `${others}-${round}`);
      figures.add(name, figure);
      console.log(`${name}: p99 ${shown(figure.p99Ms)} ms, ${figure.ended} ended`);
    }
  }
  const metric = await readMetrics(server.port);
  const mean =
    (metric('usher_hold_expiry_lateness_seconds_sum') / metric('usher_hold_expiry_lateness_seconds_count')) *
    1_000;
  await client.stop();
  await server.stop();
  const name = figures.names.at(-1)!;
  const [p99, earliest] = [
    figures.median(name, 'p99Ms'),
    Math.min(...figures.names.flatMap((each) => figures.values(each, 'earliestMs'))),
  ];
  const missing = figures.names.flatMap((each) => figures.values(each, 'missing')).reduce((a, b) => a + b, 0);
  return {
    text: `${table(
      [
        'amid',
        'p50 ms',
        'p99 ms',
        'latest ms',
        'earliest ms',
        'ended',
        'not ended',
        'Redis core',
        'service core',
      ],
      figures.names.map((each) => [
        each,
        figures.ranged(each, 'p50Ms'),
        figures.ranged(each, 'p99Ms'),
        figures.ranged(each, 'maxMs'),
        figures.ranged(each, 'earliestMs'),
        shown(figures.median(each, 'ended')),
        shown(figures.median(each, 'missing')),
        shown(figures.median(each, 'redisShare')),
        shown(figures.median(each, 'serverShare')),
      ]),
    )}\n\nFrom a hold's deadline to the \`released\` line on the event's channel, at ${ENDS_PER_SECOND.toLocaleString('en-US')} new holds and as many ends a second. The service itself counts ${shown(mean)} ms on average.`,
    figures,
    verdicts: [
      {
        goal: 'expiry',
        what: `released after its deadline, p99, amid ${name}`,
        limit: '–',
        ours: `${figures.ranged(name, 'p99Ms')} ms`,
        ratio: '–',
        target: '< 50 ms',
        peer: 'key expiry alone: up to a minute',
        met: p99 < 50 && missing === 0,
      },
      {
        goal: 'expiry',
        what: 'earliest release against its deadline',
        limit: '–',
        ours: `${shown(earliest)} ms`,
        ratio: '–',
        target: 'never early',
        peer: '–',
        met: earliest >= 0,
      },
    ],
  };
}

await runBench('expiry', 'Holds that end at their deadline', measure);
