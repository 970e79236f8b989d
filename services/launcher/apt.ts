// What Usher needs and npm cannot bring is installed by apt where that is possible without asking anybody: as root, on
// Debian and its kin.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { step, UserError } from './console.ts';
import { runCommand } from './run-command.ts';

/** The full path of a program, looked for in PATH and in the usual places beside it. */
export function findProgram(names: readonly string[]): string | undefined {
  const dirs = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/opt/homebrew/bin'];
  for (const name of names) {
    for (const dir of dirs) if (dir !== '' && existsSync(join(dir, name))) return join(dir, name);
  }
  return undefined;
}

/** Whether {@link aptInstall} can work here. */
export function canAptInstall(): boolean {
  return process.getuid?.() === 0 && findProgram(['apt-get']) !== undefined;
}

/** Installs a Debian package. Throws a {@link UserError} with what apt said where that fails. */
export async function aptInstall(packageName: string): Promise<void> {
  await step(`Installing ${packageName} with apt-get`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    // An outdated list is better than none: what a mirror does not answer may stand in it all the same.
    await runCommand('apt-get', ['update', '-qq'], { env });
    const args = ['install', '-y', '-qq', '--no-install-recommends', packageName];
    const { code, output } = await runCommand('apt-get', args, { env });
    if (code === 0) return;
    throw new UserError(
      `${output.trim()}\n\napt-get could not install ${packageName}; what it said stands above.`,
    );
  });
}
