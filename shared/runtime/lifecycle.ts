/**
 * How a process lives: parts are started in order and stopped in the reverse order, each once, all under one
 * deadline. Rules LC. A part has a name for the log, and `stop` that is harmless twice or before a start.
 */
import type { Logger } from './log.ts';
import { EXIT_BAD_CONFIG, OptionFaults } from './options.ts';

export type Part = {
  readonly name: string;
  /** Refuse new work. Called on every part before any is stopped. */
  drain?(): void | Promise<void>;
  stop(): void | Promise<void>;
};

export class Lifecycle {
  readonly #log: Logger;
  readonly #stopTimeoutMs: number;
  readonly #parts: Part[] = [];
  #ready = false;
  #stopping: Promise<void> | undefined;

  constructor(log: Logger, stopTimeoutMs: number) {
    this.#log = log;
    this.#stopTimeoutMs = stopTimeoutMs;
  }

  /** Registers a part that has been started; it will be stopped before those that were added earlier. */
  add<P extends Part>(part: P): P {
    this.#parts.push(part);
    return part;
  }

  markReady(): void {
    this.#ready = true;
    this.#log.info('ready');
  }

  /** What `/ready` answers: false before the start is over and from the moment a stop was asked for. */
  get ready(): boolean {
    return this.#ready && this.#stopping === undefined;
  }

  /** Stops everything. A second call joins the first. */
  stop(why: string): Promise<void> {
    this.#stopping ??= this.#stop(why);
    return this.#stopping;
  }

  async #stop(why: string): Promise<void> {
    this.#log.info({ why }, 'stopping');
    const busy = new Set(this.#parts.map((part) => part.name));
    const work = (async () => {
      for (const part of this.#parts.toReversed()) await this.#quietly(part, 'drain');
      for (const part of this.#parts.toReversed()) {
        await this.#quietly(part, 'stop');
        busy.delete(part.name);
      }
    })();
    const deadline = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => deadline.resolve('late'), this.#stopTimeoutMs);
    const outcome = await Promise.race([work.then(() => 'stopped' as const), deadline.promise]);
    clearTimeout(timer);
    if (outcome === 'late') this.#log.warn({ busy: [...busy] }, 'stopped at the deadline');
    else this.#log.info('stopped');
  }

  async #quietly(part: Part, step: 'drain' | 'stop'): Promise<void> {
    try {
      await part[step]?.();
    } catch (error) {
      this.#log.warn({ err: error, part: part.name, step }, 'a part did not stop cleanly');
    }
  }

  /**
   * Ends the process on SIGTERM, SIGINT, or when the launcher that started it is gone, so that a killed
   * launcher leaves nobody behind.
   */
  exitOnSignals(): void {
    const end = (why: string) => {
      void this.stop(why).then(() => process.exit(0));
    };
    process.on('SIGTERM', () => end('SIGTERM'));
    process.on('SIGINT', () => end('SIGINT'));
    if (process.send !== undefined) process.on('disconnect', () => end('launcher gone'));
  }
}

/** Runs a service's start; a configuration with faults or a failed start ends the process with a clear word. */
export async function runMain(service: string, start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (error instanceof OptionFaults) {
      process.stderr.write(`${service}: ${error.message}\n`);
      process.exit(EXIT_BAD_CONFIG);
    }
    process.stderr.write(`${service} could not start: ${(error as Error).stack ?? error}\n`);
    process.exit(1);
  }
}
