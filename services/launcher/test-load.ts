// `npm run test:load -- [arguments of loadtest/run.mjs]`. The load tests have packages of their own, installed when they
// are first wanted.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMain, step, UserError } from './console.ts';
import { repoRoot } from './paths.ts';
import { runCommand } from './run-command.ts';

const dir = join(repoRoot, 'loadtest');
const stampFile = join(dir, 'node_modules', '.usher-lock-hash');

async function install(): Promise<void> {
  const lockFile = join(dir, 'package-lock.json');
  if (!existsSync(lockFile)) return;
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash) return;
  await step('Installing the load test packages (first time only)', async () => {
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
    const { code, output } = await runCommand('npm', args, { cwd: dir });
    if (code !== 0) throw new UserError(`${output.trim()}\n\nnpm could not install the load test packages.`);
  });
  if (existsSync(join(dir, 'node_modules'))) writeFileSync(stampFile, hash);
}

await runMain(async () => {
  await install();
  const args = [join(dir, 'run.mjs'), ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { cwd: repoRoot, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  process.once('disconnect', () => child.kill('SIGTERM'));
  return await new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
});
