// PostgreSQL refuses to run as root. Started by root it runs as the user `postgres`, who must be able to reach both the
// programs and the data: in a clone below /root it cannot, and they go to a directory of their own.

import { spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from './console.ts';
import { reachableDir } from './paths.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';

/** The user that PostgreSQL runs as. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** Undefined where this process is not root and PostgreSQL runs as the same user. The user is created if need be. */
export function postgresUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const user = lookUp('postgres');
  if (user) return user;
  spawnSync('groupadd', ['--system', 'postgres']);
  spawnSync('useradd', [
    '--system',
    '-g',
    'postgres',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    'postgres',
  ]);
  const created = lookUp('postgres') ?? lookUp('nobody');
  if (created) return created;
  throw new UserError(
    'PostgreSQL does not run as root, and a user for it could not be created. Start Usher as another user, ' +
      'or name a database: DATABASE_URL=postgres://user:password@host:5432/database npm start',
  );
}

function lookUp(name: string): RunAs | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** Whether the user can do what `test` asks of a path: `-x` to run or enter it. */
function can(user: RunAs, test: '-x' | '-w', path: string): boolean {
  return spawnSync('/bin/sh', ['-c', `test ${test} "$1"`, 'sh', path], { ...user, cwd: '/' }).status === 0;
}

/** Where the data go for this user: `wanted`, or a place that the user can reach. Made and given to the user. */
export function reachableDataDir(wanted: string, user: RunAs | undefined): string {
  mkdirSync(dirname(wanted), { recursive: true });
  if (!user) return wanted;
  if (can(user, '-x', dirname(wanted))) return wanted;
  return join(ownReachableDir(dirname(wanted), user), 'postgres');
}

/** The programs, or a copy of them that the user can reach. */
export function reachableBinaries(binaries: PostgresBinaries, user: RunAs | undefined): PostgresBinaries {
  if (!user || can(user, '-x', binaries.postgres)) return binaries;
  const native = dirname(dirname(binaries.postgres));
  const copy = join(ownReachableDir(native, user), 'postgres-programs');
  const copied = { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
  const isSame =
    existsSync(copied.postgres) && statSync(copied.postgres).size === statSync(binaries.postgres).size;
  if (!isSame) cpSync(native, copy, { recursive: true, verbatimSymlinks: true, force: true });
  return copied;
}

function ownReachableDir(insteadOf: string, user: RunAs): string {
  const dir = reachableDir(insteadOf);
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  // Anybody may make a directory below the temporary one; somebody else's must not become the database's.
  if (statSync(dir).uid !== 0)
    throw new UserError(`${dir} belongs to another user. Remove it and start again.`);
  if (!can(user, '-x', dir)) {
    throw new UserError(
      `The user postgres cannot reach ${dir}. Move the clone to where it can (such as /srv), or set USHER_DATA_DIR.`,
    );
  }
  return dir;
}

/** Makes a directory that only the user can enter. */
export function makeOwned(dir: string, user: RunAs | undefined): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (user) chownSync(dir, user.uid, user.gid);
}
