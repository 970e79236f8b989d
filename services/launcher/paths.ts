import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The top of the clone. */
export const repoRoot = resolve(import.meta.dirname, '..', '..');

/** Where the embedded stores, the logs and the lock of this clone live; `USHER_DATA_DIR` moves it. */
export function usherDir(): string {
  const moved = process.env.USHER_DATA_DIR;
  return moved ? resolve(moved) : join(repoRoot, '.usher');
}

/**
 * A directory below the system's temporary one in the place of `path`, for what another user (`postgres`) must reach and
 * cannot reach there. The same path gets the same directory every time.
 */
export function reachableDir(path: string): string {
  const key = createHash('sha256').update(path).digest('hex').slice(0, 12);
  return join(tmpdir(), `usher-${key}`);
}
