// One launcher at a time has the data directory. The lock is a file with the pid and the identity of its process; one
// whose process is gone (kill -9, power cut) is taken over.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './console.ts';
import { processIdentity } from './process-identity.ts';

function read(file: string): { pid: number; identity: string } | undefined {
  try {
    const [pid = '', identity = ''] = readFileSync(file, 'utf8').split('\n');
    return { pid: Number(pid), identity };
  } catch {
    return undefined;
  }
}

/** The pid of the launcher that has `dir` and lives, or undefined. */
export function lockHolder(dir: string): number | undefined {
  const holder = read(join(dir, 'launcher.pid'));
  return holder && processIdentity(holder.pid) === holder.identity ? holder.pid : undefined;
}

/** Takes `dir` for this process and returns a function that gives it back. Throws a {@link UserError} if it is taken. */
export function takeLock(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'launcher.pid');
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid}\n${processIdentity(process.pid)}\n`);
  try {
    for (;;) {
      try {
        // A link is made or refused in one step, with its content; creating and then writing would not be.
        linkSync(own, file);
        return () => rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = lockHolder(dir);
      if (holder !== undefined) {
        throw new UserError(
          `Usher already runs from ${dir} (process ${holder}). Stop it with Ctrl-C where it runs, or: kill ${holder}`,
        );
      }
      takeStale(file);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves a stale lock aside; two launchers may try at once, and the second finds nothing there or a fresh lock. */
function takeStale(file: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = read(aside);
  // What was moved may be the lock that the other launcher has just taken: put it back.
  if (moved && processIdentity(moved.pid) === moved.identity) linkSync(aside, file);
  rmSync(aside, { force: true });
}
