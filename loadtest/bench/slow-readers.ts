/**
 * Half the audience stops reading while the map goes on: what each of them keeps of the server's memory, how soon it is
 * sent away, and whether the others notice. In a network of its own where TCP may buffer 128 KB a socket, as
 * docs/operations.md asks for; with the kernel's usual 4 MB it takes a slow reader that much to be found out. Goal P9.
 *
 *   node loadtest/bench/slow-readers.ts [--quick] [--rounds n] [--force]       wants root, for the network of its own
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { blockSeats, unblockSeats } from '../../lua/set-seats.ts';
import { type Options, type Report, runBench } from './lib/bench.ts';
import { Rounds, shown, table } from './lib/figures.ts';
import { House, readMetrics, SEATS } from './lib/house.ts';
import { LoadClient } from './lib/load-client.ts';
import { residentBytes, tcpBytes } from './lib/processes.ts';

const SEND_BUFFER_MAX = 131_072;
const SEATS_A_CALL = 1_000;
const CALLS_AT_ONCE = 4;
const WAVE_EVERY_MS = 4;
const LOOK_EVERY_MS = 100;

type Figure = {
  kernelBytes: number;
  processBytes: number;
  others: number;
  /** From the stall until the last slow reader was sent away. */
  goneMs: number;
  /** From the first that was sent away to the last. */
  spreadMs: number;
  windowMs: number;
  stillOpen: number;
  frameBytes: number;
};

/** Changes so many seats that frames are some kilobytes: the operator blocks and unblocks in waves. */
function makeWaves(house: House): { stop(): Promise<void> } {
  let [at, running] = [0, true];
  const call = async () => {
    const from = (at * SEATS_A_CALL) % SEATS;
    const seats = Array.from({ length: SEATS_A_CALL }, (_, seat) => from + seat);
    const blocks = Math.floor((at * SEATS_A_CALL) / SEATS) % 2 === 0;
    at++;
    await (blocks ? blockSeats : unblockSeats)(house.redis, house.eventId, seats);
  };
  const wave = async () => {
    while (running) {
      await Promise.all(Array.from({ length: CALLS_AT_ONCE }, call));
      await sleep(WAVE_EVERY_MS);
    }
  };
  const done = wave();
  return {
    stop: async () => {
      running = false;
      await done;
    },
  };
}

async function measureOne(house: House, sockets: number, ms: number): Promise<Figure> {
  const half = sockets / 2;
  const server = await house.startSeats();
  const client = new LoadClient(server.port, 'usher');
  await client.requests(house.requestsOf(await house.admit(sockets)));
  await client.connect(sockets);
  const waves = makeWaves(house);
  await sleep(1_000);
  await client.reset();
  const beforeMs = performance.now();
  await sleep(ms);
  const before = await client.stats();
  const framesBefore = before.frames / sockets / ((performance.now() - beforeMs) / 1_000);
  const [resident, kernel] = [residentBytes(server.pid), tcpBytes()];
  await client.stall(half);
  await client.reset();
  const stalledMs = performance.now();
  let [kernelPeak, residentPeak, firstMs, goneMs, open] = [0, 0, Number.NaN, Number.NaN, sockets];
  while (performance.now() - stalledMs < ms * 4) {
    await sleep(LOOK_EVERY_MS);
    kernelPeak = Math.max(kernelPeak, tcpBytes() - kernel);
    residentPeak = Math.max(residentPeak, residentBytes(server.pid) - resident);
    open = (await readMetrics(server.port))('usher_seats_sockets');
    if (open < sockets && Number.isNaN(firstMs)) firstMs = performance.now() - stalledMs;
    if (open <= half && Number.isNaN(goneMs)) goneMs = performance.now() - stalledMs;
    if (open <= half && performance.now() - stalledMs > goneMs + ms) break;
  }
  const after = await client.stats();
  const framesAfter = after.frames / half / ((performance.now() - stalledMs) / 1_000);
  const windowMs = (await readMetrics(server.port))('usher_seats_window_seconds') * 1_000;
  await waves.stop();
  await client.stop();
  await server.stop();
  return {
    kernelBytes: kernelPeak / half,
    processBytes: residentPeak / half,
    others: framesAfter / framesBefore,
    goneMs,
    spreadMs: goneMs - firstMs,
    windowMs,
    stillOpen: open - half,
    frameBytes: before.frameBytes / before.frames,
  };
}

async function measure({ quick, rounds }: Options): Promise<Report> {
  const house = await House.open();
  const sockets = quick ? 200 : 400;
  const figures = new Rounds<Figure>();
  for (let round = 0; round < rounds; round++) {
    const figure = await measureOne(house, sockets, quick ? 1_500 : 3_000);
    figures.add('usher', figure);
    console.log(
      `round ${round + 1}: ${shown(figure.kernelBytes / 1e6)} MB each, others ${shown(figure.others)}, gone after ${shown(figure.goneMs)} ms`,
    );
  }
  const buffers = readFileSync('/proc/sys/net/ipv4/tcp_wmem', 'utf8').trim().split(/\s+/).at(-1)!;
  const megabytes = (figures.median('usher', 'kernelBytes') + figures.median('usher', 'processBytes')) / 1e6;
  const others = figures.median('usher', 'others');
  const windows = figures.median('usher', 'spreadMs') / figures.median('usher', 'windowMs');
  return {
    text: `${table(
      [
        '',
        'kernel B / slow reader',
        'process B / slow reader',
        'others, frames/s after / before',
        'all gone after ms',
        'first to last ms',
        'window ms',
        'still open',
      ],
      [
        [
          `${sockets / 2} of ${sockets} stop reading`,
          figures.ranged('usher', 'kernelBytes'),
          figures.ranged('usher', 'processBytes'),
          figures.ranged('usher', 'others'),
          figures.ranged('usher', 'goneMs'),
          figures.ranged('usher', 'spreadMs'),
          figures.ranged('usher', 'windowMs'),
          shown(figures.median('usher', 'stillOpen')),
        ],
      ],
    )}\n\nFrames of ${shown(figures.median('usher', 'frameBytes'))} B. TCP may buffer ${Number(buffers).toLocaleString('en-US')} B for a sender here. The kernel's figure has the slow readers' own receive buffers in it, which stand on this machine too.`,
    figures,
    verdicts: [
      {
        goal: 'P9',
        what: 'memory of a stalled reader',
        limit: '0.17 MB',
        ours: `${shown(megabytes)} MB`,
        ratio: `${shown(megabytes / 0.17)}x`,
        target: '<= 0.2 MB',
        peer: 'ws: unbounded',
        met: megabytes <= 0.2,
      },
      {
        goal: 'P9',
        what: 'frames/s of the others, after / before',
        limit: '1.0x',
        ours: `${figures.ranged('usher', 'others')}x`,
        ratio: `${shown(others)}x`,
        target: '>= 0.95x',
        peer: 'ws 0.88x',
        met: others >= 0.95,
      },
      {
        goal: 'P9',
        what: 'first to last sent away',
        limit: '–',
        ours: `${figures.ranged('usher', 'spreadMs')} ms`,
        ratio: `${shown(windows)} windows`,
        target: 'all gone',
        peer: 'ws: never',
        met: figures.values('usher', 'stillOpen').every((each) => each <= 0),
      },
    ],
  };
}

/** Starts itself again in a network of its own; the exit code, or undefined where that is not allowed. */
function inOwnNetwork(): number | undefined {
  if (process.env.BENCH_NETWORK === 'own') return undefined;
  const set = `ip link set lo up && echo '4096 16384 ${SEND_BUFFER_MAX}' > /proc/sys/net/ipv4/tcp_wmem`;
  if (spawnSync('unshare', ['--net', 'sh', '-c', set]).status !== 0) {
    console.error('No network of its own can be made here; the kernel buffers as much as it usually does.');
    return undefined;
  }
  const inside = spawnSync(
    'unshare',
    ['--net', 'sh', '-c', `${set} && exec "$@"`, 'sh', process.execPath, ...process.argv.slice(1)],
    {
      stdio: 'inherit',
      env: { ...process.env, BENCH_NETWORK: 'own' },
    },
  );
  return inside.status ?? 1;
}

const status = inOwnNetwork();
if (status === undefined) await runBench('slow-readers', 'Slow readers', measure);
else process.exit(status);
