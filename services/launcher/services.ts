// The three services as children of the launcher.

import { setTimeout as sleep } from 'node:timers/promises';
import { SupervisedChild } from './child.ts';
import { complain, UserError } from './console.ts';
import { consoleLine } from './log-line.ts';
import { repoRoot } from './paths.ts';
import { type NamedPort, readPort } from './ports.ts';
import type { Stores } from './stores.ts';

/**
 * Name, default port, and the order of stopping: those that visitors are connected to first. The time to stop is a
 * little shorter than what the launcher gives, so that a service ends by itself and says what was still busy.
 */
const SERVICES = [
  {
    name: 'gateway',
    variable: 'GATEWAY_PORT',
    option: '--port',
    port: 8080,
    stops: 'first',
    stopTimeoutMs: 6_000,
  },
  {
    name: 'seats',
    variable: 'SEATS_PORT',
    option: '--seats-port',
    port: 8081,
    stops: 'first',
    stopTimeoutMs: 6_000,
  },
  {
    name: 'checkout',
    variable: 'CHECKOUT_PORT',
    option: '--checkout-port',
    port: 8082,
    stops: 'second',
    stopTimeoutMs: 4_500,
  },
] as const;

const READY_TIMEOUT_MS = 30_000;
/** A service that dies so often before it was ever ready will not get there by itself. */
const DEATHS_MAX = 3;
/** Warnings and errors of one service shown in a second; the log has them all. */
const LINES_PER_SECOND_MAX = 5;

/** The ports that the services will have in this environment. Throws a UserError for one that is none. */
export function servicePorts(env: NodeJS.ProcessEnv): NamedPort[] {
  return SERVICES.map(({ name, variable, option, port }) => {
    return {
      service: name,
      variable,
      option,
      port: env[variable] ? readPort(variable, env[variable]) : port,
    };
  });
}

/** How the services are to run. */
export interface ServicesOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly ports: readonly NamedPort[];
  readonly stores: Stores;
  /** Start a service again when its source changes. */
  readonly watch: boolean;
  /** A service refused its configuration: everything is to stop with this message. */
  refused(message: string): void;
}

/** The running services. */
export class Services {
  readonly #children: readonly SupervisedChild[];
  readonly #ports: readonly NamedPort[];

  constructor(options: ServicesOptions) {
    this.#ports = options.ports;
    this.#children = SERVICES.map(({ name, stopTimeoutMs }) => startService(name, stopTimeoutMs, options));
  }

  /** Waits until all answer 200 on /ready. Throws a UserError with the end of its log for the first that does not. */
  async ready(): Promise<void> {
    const deadlineMs = Date.now() + READY_TIMEOUT_MS;
    await Promise.all(
      this.#children.map((child, i) => serviceReady(child, this.#ports[i]!.port, deadlineMs)),
    );
  }

  /** Stops gateway and seats, then checkout, which finishes what they have begun. Names those that had to be killed. */
  async stop(firstDeadlineMs: number, secondDeadlineMs: number): Promise<string[]> {
    const killed: string[] = [];
    for (const turn of ['first', 'second'] as const) {
      const deadlineMs = turn === 'first' ? firstDeadlineMs : secondDeadlineMs;
      const group = this.#children.filter((_, i) => SERVICES[i]?.stops === turn);
      await Promise.all(
        group.map(async (child) => {
          if (!(await child.stop(deadlineMs))) killed.push(child.spec.name);
        }),
      );
    }
    return killed;
  }

  /** Ends them at once. */
  kill(): void {
    for (const child of this.#children) child.kill();
  }
}

function startService(
  name: string,
  stopTimeoutMs: number,
  { env, stores, watch, refused }: ServicesOptions,
): SupervisedChild {
  const logFile = stores.logFile(name);
  const show = limited(name, logFile);
  const child = new SupervisedChild(
    {
      name,
      command: process.execPath,
      args: [...(watch ? ['--watch', '--watch-preserve-output'] : []), `services/${name}/main.ts`],
      env: { STOP_TIMEOUT_MS: String(stopTimeoutMs), ...env },
      cwd: repoRoot,
      logFile,
      stopSignal: 'SIGTERM',
      killSignal: 'SIGKILL',
      channel: true,
    },
    {
      spawned: (pid) => stores.record.add(name, pid),
      line: (line) => {
        const text = consoleLine(name, line);
        if (text !== undefined) show(text);
      },
      died: (how, waitMs) =>
        complain(
          `The ${name} service ended (${how}); starting it again in ${waitMs / 1000} s. Its log: ${logFile}`,
        ),
      refused: (lines) => refused(`The ${name} service refuses its configuration:\n${readable(name, lines)}`),
    },
  );
  child.start();
  return child;
}

/** Prints lines, but no flood of them. */
function limited(name: string, logFile: string): (text: string) => void {
  let second = 0;
  let count = 0;
  return (text) => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      if (count > LINES_PER_SECOND_MAX)
        complain(`${name}: ${count - LINES_PER_SECOND_MAX} more lines in ${logFile}`);
      second = now;
      count = 0;
    }
    count += 1;
    if (count <= LINES_PER_SECOND_MAX) complain(text);
  };
}

/** Log lines for people; where none is a warning, as they are. */
function readable(name: string, lines: readonly string[]): string {
  const texts = lines
    .map((line) => (line.startsWith('{') ? consoleLine(name, line) : line))
    .filter((text) => text !== undefined && text.trim() !== '');
  const shown = texts.length > 0 ? texts : lines.filter((line) => line !== '');
  return shown.length === 0 ? '  (it is empty)' : shown.map((text) => `  ${text}`).join('\n');
}

async function serviceReady(child: SupervisedChild, port: number, deadlineMs: number): Promise<void> {
  const { name, logFile } = child.spec;
  for (;;) {
    if (await isReady(port)) return;
    const isHopeless = child.deaths >= DEATHS_MAX;
    if (isHopeless || Date.now() > deadlineMs) {
      const what = isHopeless
        ? `ended ${DEATHS_MAX} times`
        : `was not ready after ${READY_TIMEOUT_MS / 1000} s`;
      const lines = child.lastLines();
      throw new UserError(
        `The ${name} service ${what}. The end of its log (${logFile}):\n${readable(name, lines)}`,
      );
    }
    await sleep(50);
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
