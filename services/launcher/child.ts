// A child process that is kept alive. It runs in a process group of its own, so that Ctrl-C in a terminal reaches the
// launcher alone and the launcher decides in which order its children stop.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_BAD_CONFIG } from '../../shared/runtime/options.ts';
import { followLog, lastLines } from './follow-log.ts';

const BACK_OFF_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;
/** A child that lived this long starts the back-off anew when it dies. */
const HEALTHY_AFTER_MS = 30_000;

/** How to run a child. */
export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Standard output and error go here; the file of the run before is kept as `.1`. */
  readonly logFile: string;
  /** What asks it to stop in order. */
  readonly stopSignal: NodeJS.Signals;
  /** What ends it at once. */
  readonly killSignal: NodeJS.Signals;
  /** Gives it a channel whose closing tells it that the launcher is gone. */
  readonly channel: boolean;
  /** Runs it as this user. */
  readonly uid?: number;
  readonly gid?: number;
}

/** What a child's owner wants to hear of. */
export interface ChildEvents {
  /** It runs, with this pid. */
  spawned?(pid: number): void;
  /** A line of its output. */
  line?(line: string): void;
  /** It ended without being asked to and will be started again after `waitMs`. */
  died?(how: string, waitMs: number): void;
  /** It refused its configuration: exit code 78. It is not started again. */
  refused?(lines: string[]): void;
}

/** A child process and its restarts. `stop()` and `kill()` are harmless at any time and as often as one likes. */
export class SupervisedChild {
  readonly spec: ChildSpec;
  readonly #events: ChildEvents;
  readonly #ended = new AbortController();
  #process: ChildProcess | undefined;
  #unfollow: (() => void) | undefined;
  #refused = false;
  #startedAtMs = 0;
  #deaths = 0;

  constructor(spec: ChildSpec, events: ChildEvents = {}) {
    this.spec = spec;
    this.#events = events;
    if (existsSync(spec.logFile)) renameSync(spec.logFile, `${spec.logFile}.1`);
  }

  /** How often in a row it has died. */
  get deaths(): number {
    return this.#deaths;
  }

  /** The end of its log, for an error message. */
  lastLines(linesMax = 15): string[] {
    return existsSync(this.spec.logFile) ? lastLines(this.spec.logFile, linesMax) : [];
  }

  /** Starts it, unless it has been stopped. */
  start(): void {
    if (this.#ended.signal.aborted) return;
    const { command, args, env, cwd, logFile, channel, uid, gid } = this.spec;
    const log = openSync(logFile, 'a');
    if (this.#events.line) this.#unfollow ??= followLog(logFile, (line) => this.#line(line));
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: channel ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    closeSync(log);
    this.#process = child;
    this.#startedAtMs = Date.now();
    if (child.pid !== undefined) this.#events.spawned?.(child.pid);
    child.once('error', (error) => this.#gone(error.message, null));
    child.once('exit', (code, signal) =>
      this.#gone(signal ? `killed by ${signal}` : `exit code ${code}`, code),
    );
  }

  #line(line: string): void {
    // What it said before it refused its configuration is told once, by `refused`.
    if (!this.#refused) this.#events.line?.(line);
  }

  #gone(how: string, code: number | null): void {
    if (this.#process === undefined) return;
    this.#process = undefined;
    if (this.#ended.signal.aborted) return;
    if (code === EXIT_BAD_CONFIG) {
      this.#ended.abort();
      this.#refused = true;
      this.#events.refused?.(this.lastLines());
      return;
    }
    if (Date.now() - this.#startedAtMs > HEALTHY_AFTER_MS) this.#deaths = 0;
    const waitMs = BACK_OFF_MS[Math.min(this.#deaths, BACK_OFF_MS.length - 1)] ?? 0;
    this.#deaths += 1;
    this.#events.died?.(how, waitMs);
    sleep(waitMs, undefined, { signal: this.#ended.signal }).then(
      () => this.start(),
      () => {}, // stopped while it waited
    );
  }

  /** Asks it to stop and waits, at most until `deadlineMs` (a time, Unix milliseconds); then ends it. False if it had to. */
  async stop(deadlineMs: number): Promise<boolean> {
    this.#ended.abort();
    const child = this.#process;
    let inTime = true;
    if (child !== undefined) {
      child.kill(this.spec.stopSignal);
      inTime = await exited(child, deadlineMs);
      if (!inTime) {
        this.kill();
        await exited(child, Date.now() + 2_000);
      }
    }
    this.#unfollow?.();
    this.#unfollow = undefined;
    return inTime;
  }

  /** Ends it and what it has started, at once. */
  kill(): void {
    this.#ended.abort();
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    try {
      // PostgreSQL's postmaster ends its own group on SIGQUIT; all others are killed as the group they lead.
      process.kill(this.spec.killSignal === 'SIGKILL' ? -pid : pid, this.spec.killSignal);
    } catch {
      // It ended by itself in this moment.
    }
  }
}

async function exited(child: ChildProcess, deadlineMs: number): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return true;
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), Math.max(0, deadlineMs - Date.now()));
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
