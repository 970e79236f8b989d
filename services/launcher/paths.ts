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
 * A directory of this clone's own below the system's temporary one, for what another user (`postgres`) must reach and
 * cannot reach inside the clone. The same clone gets the same directory every time.
 */
export function reachableDir(): string {
  const key = createHash('sha256').update(usherDir()).digest('hex').slice(0, 12);
  return join(tmpdir(), `usher-${key}`);
}
