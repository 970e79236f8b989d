// The web page is built once and again when something it is made of has changed. What it was made of is remembered as
// one hash, so that a start that has nothing to build costs a few milliseconds.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './console.ts';
import { repoRoot } from './paths.ts';
import { runCommand } from './run-command.ts';

const PAGE = 'services/web';
const SOURCES = [PAGE, 'shared/client', 'shared/protocol', 'shared/domain', 'package-lock.json'];
const stampFile = join(repoRoot, 'node_modules', '.usher-web-hash');

/** The command line of vite, for {@link runCommand}. */
export const viteScript = join(repoRoot, 'node_modules', 'vite', 'bin', 'vite.js');

function* filesBelow(path: string): Generator<string> {
  const full = join(repoRoot, path);
  if (!existsSync(full)) return;
  if (!statSync(full).isDirectory()) return yield path;
  for (const name of readdirSync(full).sort()) {
    if (name === 'dist' || name === 'node_modules') continue;
    yield* filesBelow(`${path}/${name}`);
  }
}

function sourceHash(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesBelow(source))
      hash.update(`${file}\n`).update(readFileSync(join(repoRoot, file)));
  }
  return hash.digest('hex');
}

/** Whether the page must be built. */
export function isPageStale(): boolean {
  if (!existsSync(join(repoRoot, PAGE, 'index.html'))) return false;
  if (!existsSync(join(repoRoot, PAGE, 'dist', 'index.html')) || !existsSync(stampFile)) return true;
  return readFileSync(stampFile, 'utf8') !== sourceHash();
}

/** Has the page built again next time: what is there now comes from a development build. */
export function forgetPage(): void {
  rmSync(stampFile, { force: true });
}

/** Builds the page. Throws a {@link UserError} with what vite said where that fails. */
export async function buildPage(signal?: AbortSignal): Promise<void> {
  const hash = sourceHash();
  const env = { ...process.env, NODE_ENV: 'production' };
  const options = { cwd: repoRoot, env, ...(signal ? { signal } : {}) };
  const { code, output } = await runCommand(process.execPath, [viteScript, 'build', PAGE], options);
  signal?.throwIfAborted();
  if (code !== 0)
    throw new UserError(`${output.trim()}\n\nThe web page could not be built; vite's words stand above.`);
  writeFileSync(stampFile, hash);
}
