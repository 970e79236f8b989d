/**
 * What the scripts about holds cost Redis, beside six plain commands that check nothing. CPU of the Redis process for
 * each operation, from INFO, in interleaved rounds. Goal P10.
 *
 *   node loadtest/bench/redis-hold.ts [--quick] [--rounds n] [--force]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { loadLibrary, loadScript } from '../../lua/run-script.ts';
import { admit, type Insider, loadTestEvent } from '../../lua/testing.ts';
import { SEAT_SOLD } from '../../shared/domain/seat.ts';
import { seatBytes, writeSeat } from '../../shared/protocol/seat-bits.ts';
import { type Options, type Report, runBench } from './lib/bench.ts';
import { Rounds, shown, table } from './lib/figures.ts';
import { freePort, SEATS } from './lib/house.ts';
import { closeAtEnd, SERVER_CORE } from './lib/processes.ts';

const PAIRS = SEATS / 2;
const BATCH = 500;
const EVENT = 1;
const ROW_LENGTH = 20;
const INSIDERS = 1_000;
const OTHER_KEYS = 1_000_000;
const BASE = 'six plain commands, no check';
const HOLD = 'hold-seats';
const HOLD_AMID = `hold-seats amid ${OTHER_KEYS.toLocaleString('en-US')} other keys`;

/** Two seats side by side, anywhere; what is not said is off. */
const ANY_TWO = { count: 2, section: -1, category: -1 };

type Command = readonly [string, ...(string | number)[]];
type Operation = {
  readonly name: string;
  readonly count: number;
  /** Makes what the operation needs, and returns the commands of the n-th one. */
  prepare(): Promise<(at: number) => Command[]>;
};

const order = Array.from({ length: PAIRS }, (_, at) => at);
for (let at = PAIRS - 1, state = 12_345; at > 0; at--) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  const other = state % (at + 1);
  [order[at], order[other]] = [order[other]!, order[at]!];
}
const pair = (at: number): [number, number] => [order[at]! * 2, order[at]! * 2 + 1];
const holdId = (at: number) => `h${String(at).padStart(15, '0')}`;

async function startRedis(): Promise<Redis> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const port = await freePort();
  const server = spawn('taskset', [
    ...[
      '-c',
      String(SERVER_CORE),
      'redis-server',
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      dir,
    ],
    ...['--save', '', '--appendonly', 'no', '--notify-keyspace-events', 'Ex', '--hz', '100'],
  ]);
  const redis = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  closeAtEnd(async () => {
    redis.disconnect();
    server.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });
  return redis;
}

/** User and system time of the Redis process so far, in microseconds. */
async function cpuUs(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const read = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
  return (read('used_cpu_user') + read('used_cpu_sys')) * 1e6;
}

/** Sends the commands in batches; throws where one failed or was denied. */
async function runAll(
  redis: Redis,
  name: string,
  count: number,
  commandsOf: (at: number) => Command[],
): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const pipeline = redis.pipeline();
    for (let at = from; at < Math.min(count, from + BATCH); at++) {
      for (const [command, ...args] of commandsOf(at)) pipeline.call(command, ...(args as string[]));
    }
    const replies = await pipeline.exec();
    const failed = replies?.find(
      ([error, reply]) => error || (Array.isArray(reply) && reply[0] === 'denied'),
    );
    if (failed) throw new Error(`${name}: ${JSON.stringify(failed)}`);
  }
}

function operationsOf(redis: Redis, quick: boolean): Operation[] {
  const scripts = {
    hold: loadScript('hold-seats'),
    release: loadScript('release-hold'),
    extend: loadScript('extend-hold'),
    best: loadScript('hold-best'),
  };
  const call = (script: (typeof scripts)['hold'], at: number, args: (string | number)[]): Command => {
    const keys = script.keysOf(EVENT, holdId(at));
    return ['FCALL', script.functionName, keys.length, ...keys, ...args];
  };
  /** A house with these seats sold, and visitors inside. */
  const open = async (isSold: (seat: number) => boolean = () => false): Promise<(at: number) => Insider> => {
    await loadLibrary(redis);
    const bits = new Uint8Array(seatBytes(SEATS));
    for (let seat = 0; seat < SEATS; seat++) if (isSold(seat)) writeSeat(bits, seat, SEAT_SOLD);
    const onSale = { capacity: 1_000_000, seatsPerVisitorMax: 100 };
    await loadTestEvent(redis, EVENT, {
      seatCount: SEATS,
      rowLength: ROW_LENGTH,
      ...onSale,
      facts: { bits },
    });
    const insiders = await Promise.all(Array.from({ length: INSIDERS }, () => admit(redis, EVENT)));
    return (at) => insiders[at % INSIDERS]!;
  };
  const holdBy = (who: (at: number) => Insider) => (at: number) => {
    const { visitorId, admissionId } = who(at);
    return [call(scripts.hold, at, [holdId(at), visitorId, admissionId, 0, ...pair(at)])];
  };
  const afterHolds = async (then: (who: (at: number) => Insider) => (at: number) => Command[]) => {
    const who = await open();
    await runAll(redis, 'holds', PAIRS, holdBy(who));
    return then(who);
  };
  const best = (name: string, count: number, isSold: (seat: number) => boolean): Operation => ({
    name,
    count,
    prepare: async () => {
      const who = await open(isSold);
      return (at) => {
        const wish: Record<string, string | number> = { ...who(at), ...ANY_TWO, holdId: holdId(at) };
        return [
          call(
            scripts.best,
            at,
            scripts.best.args.map((name) => wish[name] ?? 0),
          ),
        ];
      };
    },
  });
  return [
    {
      name: BASE,
      count: PAIRS,
      prepare: async () => (at) => {
        const [a, b] = pair(at);
        return [
          ['BITFIELD', 'b:{1}:map', 'SET', 'u2', `#${a}`, 1, 'SET', 'u2', `#${b}`, 1],
          ['SET', `b:{1}:hold:${holdId(at)}`, `v${at}|${a},${b}`, 'NX', 'PX', 300_000],
          ['ZADD', 'b:{1}:deadlines', 1_900_000_000_000 + at, holdId(at)],
          ['HSET', 'b:{1}:holds', holdId(at), `v${at}|${a},${b}`],
          ['INCR', 'b:{1}:offset'],
          ['PUBLISH', 'b:{1}:feed', `${at}:1:${a},${b}`],
        ];
      },
    },
    {
      name: 'EVALSHA return 1',
      count: PAIRS,
      prepare: async () => {
        const sha = (await redis.script('LOAD', 'return 1')) as string;
        return () => [['EVALSHA', sha, 0]];
      },
    },
    { name: HOLD, count: PAIRS, prepare: async () => holdBy(await open()) },
    {
      name: 'release-hold',
      count: PAIRS,
      prepare: () =>
        afterHolds((who) => (at) => [call(scripts.release, at, [holdId(at), who(at).visitorId])]),
    },
    {
      name: 'extend-hold',
      count: PAIRS,
      prepare: () => afterHolds((who) => (at) => [call(scripts.extend, at, [holdId(at), who(at).visitorId])]),
    },
    best('hold-best, empty house', 2_000, () => false),
    // Every other pair of a row is sold, so that there is always a pair and never three.
    best('hold-best, half sold', 2_000, (seat) => seat % 4 < 2),
    // One pair a row is left: 90 % are sold.
    best('hold-best, one pair a row left', 900, (seat) => seat % ROW_LENGTH < ROW_LENGTH - 2),
    {
      name: HOLD_AMID,
      count: PAIRS,
      prepare: async () => {
        const others = quick ? OTHER_KEYS / 10 : OTHER_KEYS;
        const script = `for at = ARGV[1], ARGV[2] do redis.call('SET', 'other:' .. at, 'x', 'PX', 3600000 - (at * 7919) % 3000000) end`;
        for (let from = 0; from < others; from += 20_000) await redis.eval(script, 0, from, from + 19_999);
        return holdBy(await open());
      },
    },
  ];
}

async function measure({ quick, rounds }: Options): Promise<Report> {
  const redis = await startRedis();
  const figures = new Rounds<{ us: number }>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, count, prepare } of operationsOf(redis, quick)) {
      await redis.flushall();
      const commandsOf = await prepare();
      const before = await cpuUs(redis);
      await runAll(redis, name, count, commandsOf);
      figures.add(name, { us: ((await cpuUs(redis)) - before) / count });
    }
    console.log(`round ${round + 1}: ${HOLD} ${shown(figures.values(HOLD, 'us').at(-1)!)} us`);
  }
  const hold = figures.median(HOLD, 'us');
  const ratio = figures.ratio(HOLD, BASE, 'us');
  const amid = figures.ratio(HOLD_AMID, HOLD, 'us');
  const rows = figures.names.map((name) => [
    name,
    figures.ranged(name, 'us'),
    Math.round(1e6 / figures.median(name, 'us')).toLocaleString('en-US'),
    `${shown(figures.ratio(name, BASE, 'us'))}x`,
  ]);
  return {
    text: table(['2 seats each', 'Redis us', '/s on one core', 'of the plain commands'], rows),
    figures,
    verdicts: [
      {
        goal: 'P10',
        what: 'hold of 2 seats, Redis CPU',
        limit: `six plain commands ${figures.ranged(BASE, 'us')} us`,
        ours: `${figures.ranged(HOLD, 'us')} us`,
        ratio: `${shown(ratio)}x`,
        target: '<= 1.25x or 8 us',
        peer: 'usual script 1.86x',
        met: ratio <= 1.25 || hold <= 8,
      },
      {
        goal: 'P10',
        what: `the same amid ${OTHER_KEYS.toLocaleString('en-US')} other keys`,
        limit: `${shown(hold)} us`,
        ours: `${figures.ranged(HOLD_AMID, 'us')} us`,
        ratio: `${shown(amid)}x`,
        target: '<= 1.05x',
        peer: '–',
        met: amid <= 1.05,
      },
    ],
  };
}

await runBench('redis-hold', 'Holds in Redis', measure);
