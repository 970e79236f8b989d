/**
 * What a hold of two seats costs Redis, beside six plain commands that check nothing and the script as it is
 * usually written. CPU of the Redis process for each operation, from INFO, in interleaved rounds.
 *
 *   node loadtest/bench/redis-hold.ts [rounds]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { loadLibrary, loadScript } from '../../lua/run-script.ts';
import { admit, loadTestEvent } from '../../lua/testing.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const SEATS = 20_000;
const HOLDS = SEATS / 2;
const BATCH = 500;
const EVENT = 1;

const dir = mkdtempSync(join(tmpdir(), 'bench-redis-'));
const PORT = 16_399;
const server = spawn('taskset', [
  ...['-c', '0', 'redis-server', '--port', String(PORT), '--bind', '127.0.0.1', '--dir', dir],
  ...['--save', '', '--appendonly', 'no', '--notify-keyspace-events', 'Ex', '--hz', '100'],
]);
const redis = new Redis(PORT, '127.0.0.1', { maxRetriesPerRequest: null });
redis.on('error', () => {});

/** User and system time of the Redis process so far, in microseconds. */
async function cpuUs(): Promise<number> {
  const info = await redis.info('cpu');
  const read = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
  return (read('used_cpu_user') + read('used_cpu_sys')) * 1e6;
}

type Operation = { readonly name: string; prepare(): Promise<(at: number) => [string, ...unknown[]][]> };

const order = Array.from({ length: SEATS }, (_, at) => at);
for (let at = SEATS - 1, state = 12_345; at > 0; at--) {
  state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
  const other = state % (at + 1);
  [order[at], order[other]] = [order[other]!, order[at]!];
}
const pair = (at: number) => order.slice(at * 2, at * 2 + 2);
const holdId = (at: number) => `h${String(at).padStart(15, '0')}`;

const operations: Operation[] = [
  {
    name: 'six plain commands, no check',
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
    prepare: async () => {
      const sha = await redis.script('LOAD', 'return 1');
      return () => [['EVALSHA', sha, 0]];
    },
  },
  {
    name: 'hold-seats',
    prepare: async () => {
      const script = loadScript('hold-seats');
      await loadLibrary(redis);
      await loadTestEvent(redis, EVENT, {
        seatCount: SEATS,
        capacity: 1_000_000,
        seatsPerVisitorMax: 100,
      });
      const insiders = await Promise.all(Array.from({ length: 1_000 }, () => admit(redis, EVENT)));
      return (at) => {
        const who = insiders[at % insiders.length]!;
        const keys = script.keysOf(EVENT, holdId(at));
        const args = [holdId(at), who.visitorId, who.admissionId, 0, ...pair(at)];
        return [['FCALL', script.functionName, keys.length, ...keys, ...args]];
      };
    },
  },
];

async function measure(operation: Operation): Promise<number> {
  await redis.flushall();
  const commandsOf = await operation.prepare();
  const before = await cpuUs();
  for (let from = 0; from < HOLDS; from += BATCH) {
    const pipeline = redis.pipeline();
    for (let at = from; at < from + BATCH; at++) {
      for (const [command, ...args] of commandsOf(at)) pipeline.call(command, ...(args as string[]));
    }
    const replies = await pipeline.exec();
    const failed = replies?.find(
      ([error, reply]) => error || (Array.isArray(reply) && reply[0] === 'denied'),
    );
    if (failed) throw new Error(`${operation.name}: ${JSON.stringify(failed)}`);
  }
  return ((await cpuUs()) - before) / HOLDS;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const results = new Map(operations.map(({ name }) => [name, [] as number[]]));
try {
  for (let round = 0; round < ROUNDS; round++) {
    for (const operation of operations) results.get(operation.name)!.push(await measure(operation));
  }
  const base = median(results.get(operations[0]!.name)!);
  for (const [name, values] of results) {
    const middle = median(values);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    console.log(
      `${name.padEnd(32)} ${middle.toFixed(2)} us [${low.toFixed(2)}-${high.toFixed(2)}]  ${Math.round(1e6 / middle)}/s  ${(middle / base).toFixed(2)}x`,
    );
  }
} finally {
  redis.disconnect();
  server.kill();
  rmSync(dir, { recursive: true, force: true });
}
