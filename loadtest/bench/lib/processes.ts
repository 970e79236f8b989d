/** Child processes on a core of their own, what they say, and what they cost. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;

/** The share of a core that others may use while we measure. */
export const FOREIGN_MAX = 0.3;

const ANSWER_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 3_000;

const closers = new Set<() => Promise<void>>();
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void closeAll().then(() => process.exit(1)));

/** Has `close` called at the end of the benchmark, however it ends. */
export function closeAtEnd(close: () => Promise<void>): void {
  closers.add(close);
}

export async function closeAll(): Promise<void> {
  const last = [...closers].reverse();
  closers.clear();
  for (const close of last) await close().catch((error: unknown) => console.error(error));
}

/** A process that takes commands as lines and answers each with a line of JSON. */
export class LineProcess {
  readonly #child: ChildProcess;
  readonly #answers: Record<string, unknown>[] = [];
  readonly #waiting: ((answer: Record<string, unknown>) => void)[] = [];

  constructor(
    command: readonly string[],
    { core, env = {} }: { core: number; env?: Record<string, string> },
  ) {
    this.#child = spawn('taskset', ['-c', String(core), ...command], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    children.add(this.#child);
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const answer = JSON.parse(line) as Record<string, unknown>;
      const waiter = this.#waiting.shift();
      if (waiter === undefined) this.#answers.push(answer);
      else waiter(answer);
    });
    this.#child.stdin!.on('error', () => {});
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The next line that it says. */
  async next(timeoutMs = ANSWER_TIMEOUT_MS): Promise<Record<string, unknown>> {
    const early = this.#answers.shift();
    if (early !== undefined) return early;
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
    const timer = setTimeout(
      () =>
        reject(new Error(`${this.#child.spawnargs.slice(3, 6).join(' ')} said nothing for ${timeoutMs} ms.`)),
      timeoutMs,
    );
    const ended = () => reject(new Error(`${this.#child.spawnargs.slice(3, 6).join(' ')} ended.`));
    this.#child.once('exit', ended);
    this.#waiting.push((answer) => {
      clearTimeout(timer);
      this.#child.off('exit', ended);
      resolve(answer);
    });
    return promise;
  }

  ask(line: string): Promise<Record<string, unknown>> {
    this.#child.stdin!.write(`${line}\n`);
    return this.next();
  }

  async stop(): Promise<void> {
    await stopChild(this.#child, () => this.#child.stdin!.end());
    children.delete(this.#child);
  }
}

/** Asks a child to end and makes it where it does not. */
export async function stopChild(child: ChildProcess, ask: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  ask();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

/** Spawns a server on the server's core; what it says goes to `take`. */
export function spawnServer(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
  take: (text: string) => void,
): ChildProcess {
  const child = spawn('taskset', ['-c', String(SERVER_CORE), ...command], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  child.stdout!.on('data', (chunk: Buffer) => take(chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => take(chunk.toString()));
  return child;
}

/** Moves all threads of a process to a core. */
export function pin(pid: number, core: number): void {
  execFileSync('taskset', ['-acp', String(core), String(pid)], { stdio: 'ignore' });
}

/** Lets a process go first on its core, where we may: what it does is little and its time is measured. */
export function hurry(pid: number, nice = -10): void {
  try {
    setPriority(pid, nice);
  } catch {
    // Not root: the times measured have the scheduler's in them.
  }
}

/** CPU time of a process so far, in seconds: all its threads, to the nanosecond where the kernel says so. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = (Number(fields[11]) + Number(fields[12])) / 100;
  let nanoseconds = 0;
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    }
  } catch {
    return ticks;
  }
  // A thread that has ended is only in the ticks.
  return Math.abs(nanoseconds / 1e9 - ticks) < 0.25 ? nanoseconds / 1e9 : ticks;
}

/** CPU seconds that all of the machine has used so far, by anybody. */
export function machineCpuSeconds(): number {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.trim().split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields;
  return (user + nice + system + irq + softirq) / 100;
}

/** Whether it is any use to wait for others: `--force` says that it is not. */
export const patience = { waits: true };

/** Waits until others leave the machine alone, for so long at most. */
export async function untilQuiet(mine: readonly number[], maxMs: number): Promise<void> {
  if (!patience.waits) return;
  const own = () => [...mine, process.pid].reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const endMs = performance.now() + maxMs;
  while (performance.now() < endMs) {
    const [all, ours, startedMs] = [machineCpuSeconds(), own(), performance.now()];
    await sleep(300);
    const foreign = machineCpuSeconds() - all - (own() - ours);
    if (foreign / ((performance.now() - startedMs) / 1_000) < FOREIGN_MAX) return;
  }
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1_024;
}

/** Memory that the kernel keeps for TCP, in bytes. */
export function tcpBytes(): number {
  return Number(/^TCP:.* mem (\d+)/m.exec(readFileSync('/proc/net/sockstat', 'utf8'))?.[1]) * 4_096;
}

/** A server with `gc-on-signal` loaded collects its garbage. */
export async function collectGarbage(pid: number): Promise<void> {
  for (let time = 0; time < 2; time++) {
    process.kill(pid, 'SIGUSR2');
    await sleep(400);
  }
}

export const GC_ON_SIGNAL = ['--expose-gc', '--import', new URL('./gc-on-signal.mjs', import.meta.url).href];
