import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { complain, step } from './console.ts';
import { repoRoot } from './paths.ts';
import { startTestServers } from './test-servers.ts';
import { buildPage, isPageStale } from './web-page.ts';

const vitestScript = join(repoRoot, 'node_modules', 'vitest', 'vitest.mjs');

/** Runs vitest against servers of its own. Returns its exit code. */
export async function runTests(args: readonly string[]): Promise<number> {
  let vitest: ChildProcess | undefined;
  let interrupted = false;
  // Ctrl-C reaches vitest too, which ends by itself; the servers must outlive it by a moment and then be stopped.
  const interrupt = (): void => {
    interrupted = true;
    vitest?.kill('SIGTERM');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, interrupt);
  // A page that cannot be built is told at the end and fails the run; the tests that do without it run all the same.
  let pageFault: string | undefined;
  const page = isPageStale() ? step('Web page', () => buildPage()) : Promise.resolve();
  const pageDone = page.catch((error: Error) => {
    pageFault = error.message;
  });
  const servers = await startTestServers();
  try {
    await pageDone;
    if (interrupted) return 130;
    const env = { ...process.env, ...servers.env, NODE_ENV: 'test' };
    vitest = spawn(process.execPath, [vitestScript, 'run', ...args], {
      cwd: repoRoot,
      env,
      stdio: 'inherit',
    });
    const child = vitest;
    const code = await new Promise<number>((resolve) => child.once('exit', (exit) => resolve(exit ?? 1)));
    if (pageFault !== undefined) complain(pageFault);
    if (interrupted) return 130;
    return pageFault === undefined ? code : code || 1;
  } finally {
    await servers.stop();
  }
}
