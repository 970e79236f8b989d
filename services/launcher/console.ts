// What the launcher says on the console: sentences, steps with their durations, and the services' warnings.

/** An error whose message is all that a reader needs: shown without a stack, and the process exits with `exitCode`. */
export class UserError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const isTerminal = process.stdout.isTTY === true;
const CLEAR_LINE = '\r\x1b[2K';

/** Steps under way, by label: the one changing line of a terminal lists them. */
const running = new Map<string, number>();
let ticker: NodeJS.Timeout | undefined;

// A reader that went away (`npm start | head`) is no reason to fall over.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

/** Prints a line. */
export function say(text: string): void {
  process.stdout.write(isTerminal && running.size > 0 ? `${CLEAR_LINE}${text}\n` : `${text}\n`);
  drawStatus();
}

/** Prints a line on standard error. */
export function complain(text: string): void {
  if (isTerminal && running.size > 0) process.stdout.write(CLEAR_LINE);
  process.stderr.write(`${text}\n`);
  drawStatus();
}

/** Shows `label` with its running time until `work` is done, and then once with the time it took. */
export async function step<T>(label: string, work: () => Promise<T>): Promise<T> {
  const startedAtMs = Date.now();
  running.set(label, startedAtMs);
  ticker ??= setInterval(drawStatus, 250).unref();
  try {
    const result = await work();
    running.delete(label);
    say(`${label} ... ${seconds(Date.now() - startedAtMs)}`);
    return result;
  } finally {
    running.delete(label);
    if (running.size === 0) {
      clearInterval(ticker);
      ticker = undefined;
    }
  }
}

function drawStatus(): void {
  if (!isTerminal || running.size === 0) return;
  const parts = [...running].map(
    ([label, sinceMs]) => `${label} ... ${Math.round((Date.now() - sinceMs) / 1000)} s`,
  );
  const line = parts.join('   ');
  process.stdout.write(CLEAR_LINE + line.slice(0, (process.stdout.columns ?? 80) - 1));
}

/** A duration for people, e.g. `3.2 s`. */
export function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

/** Runs a command's main function: a {@link UserError} becomes its sentence, anything else keeps its stack. */
export async function runMain(main: () => Promise<number>): Promise<never> {
  try {
    process.exit(await main());
  } catch (error) {
    if (error instanceof UserError) {
      complain(error.message);
      process.exit(error.exitCode);
    }
    complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  }
}
