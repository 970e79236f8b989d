/** What every benchmark begins and ends with: its options, the machine it ran on, and its report. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CLIENT_CORE, closeAll, patience, pin } from './processes.ts';

/** Above this load the machine has other work, and figures are of both. */
const LOAD_MAX = 1;
const QUIET_WAIT_MS = 90_000;

export type Options = {
  /** One small round, to see that everything runs. */
  readonly quick: boolean;
  readonly rounds: number;
  readonly force: boolean;
};

/** A goal of the list P1 to P11 with what was measured. */
export type Verdict = {
  readonly goal: string;
  readonly what: string;
  readonly limit: string;
  readonly ours: string;
  readonly ratio: string;
  readonly target: string;
  readonly peer: string;
  readonly met: boolean;
};

export type Report = {
  /** Markdown below the head of the report. */
  readonly text: string;
  readonly verdicts: readonly Verdict[];
  /** All rounds, for whoever wants to reckon again. */
  readonly figures: unknown;
};

export type Machine = Readonly<
  Record<'cpu' | 'cores' | 'memory' | 'node' | 'redis' | 'kernel' | 'load' | 'at', string>
>;

export const RESULTS_DIR = join(import.meta.dirname, '..', 'results');

/** Runs a benchmark from the command line and writes `results/<name>.md` and `.json`. */
export async function runBench(
  name: string,
  title: string,
  measure: (options: Options) => Promise<Report>,
): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      rounds: { type: 'string' },
    },
  });
  const { quick, force } = values;
  const options = { quick, force, rounds: Number(values.rounds ?? (quick ? 1 : 5)) };
  await requireQuiet(options);
  patience.waits = !force;
  // What is started from here stays here, unless it is a server under test.
  pin(process.pid, CLIENT_CORE);
  const machine = describeMachine();
  console.log(`# ${title}\n${machineLine(machine)}\n`);
  try {
    const report = await measure(options);
    writeReport(name, title, machine, options, report);
  } finally {
    await closeAll();
  }
  process.exit(0);
}

/** Waits a little for a quiet machine; a full run on a busy one wants `--force`. */
async function requireQuiet({ quick, force }: Options): Promise<void> {
  if (loadavg()[0]! <= LOAD_MAX) return;
  if (!quick && !force) {
    console.log(`The load is ${loadavg()[0]!.toFixed(2)}; waiting for ${LOAD_MAX}.`);
    const until = performance.now() + QUIET_WAIT_MS;
    while (loadavg()[0]! > LOAD_MAX && performance.now() < until) await sleep(2_000);
    if (loadavg()[0]! <= LOAD_MAX) return;
    console.error(
      `The load is ${loadavg()[0]!.toFixed(2)}: the figures would be of other work too. --force measures all the same.`,
    );
    process.exit(2);
  }
  console.log(
    `Warning: the load is ${loadavg()[0]!.toFixed(2)}; ratios within a round still say something, absolute figures less.`,
  );
}

function describeMachine(): Machine {
  const version = (command: string, args: string[]) => {
    try {
      return execFileSync(command, args, { encoding: 'utf8' }).trim();
    } catch {
      return 'unknown';
    }
  };
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: String(cpus().length),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    redis: /v=([\d.]+)/.exec(version('redis-server', ['--version']))?.[1] ?? 'unknown',
    kernel: version('uname', ['-r']),
    load: loadavg()
      .map((each) => each.toFixed(2))
      .join(' '),
    at: new Date().toISOString().slice(0, 16),
  };
}

function machineLine({ cpu, cores, memory, node, redis, kernel, load, at }: Machine): string {
  return `${cores} cores of ${cpu}, ${memory}, Linux ${kernel}, Node ${node}, Redis ${redis}; load at the start ${load}; ${at} UTC.`;
}

function writeReport(name: string, title: string, machine: Machine, options: Options, report: Report): void {
  const dir = options.quick ? join(RESULTS_DIR, 'quick') : RESULTS_DIR;
  mkdirSync(dir, { recursive: true });
  const rounds = `${options.rounds} interleaved round${options.rounds === 1 ? '' : 's'}, median [lowest–highest]. Server on core 0, load client and stores on core 1.`;
  const text = `# ${title}\n\n${machineLine(machine)}\n${rounds}\n\n${report.text}\n`;
  writeFileSync(join(dir, `${name}.md`), text);
  const json = {
    name,
    title,
    machine,
    rounds: options.rounds,
    verdicts: report.verdicts,
    figures: report.figures,
  };
  writeFileSync(join(dir, `${name}.json`), `${JSON.stringify(json, null, 1)}\n`);
  console.log(`\n${report.text}\n`);
  for (const { goal, what, ours, ratio, target, met } of report.verdicts) {
    console.log(`${goal} ${met ? 'met   ' : 'MISSED'} ${what}: ${ours} (${ratio}; goal ${target})`);
  }
}
