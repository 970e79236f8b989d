import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder } from './launcher-lock.ts';
import { usherDir } from './paths.ts';
import type { StoreUrls } from './stores.ts';

/** What a running launcher tells other commands about itself. */
export interface Runtime {
  readonly stores: StoreUrls;
  /** Port by service name. */
  readonly ports: Readonly<Record<string, number>>;
}

const file = (): string => join(usherDir(), 'runtime.json');

/** Writes the facts down, for this user only: there is a password in them. */
export function writeRuntime(runtime: Runtime): void {
  writeFileSync(file(), `${JSON.stringify(runtime, null, 2)}\n`, { mode: 0o600 });
}

/** Removes the facts when they end to be true. */
export function removeRuntime(): void {
  rmSync(file(), { force: true });
}

/** The facts of the launcher that runs now, or undefined where none does. */
export function readRuntime(): Runtime | undefined {
  if (lockHolder(usherDir()) === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(file(), 'utf8')) as Runtime;
  } catch {
    return undefined;
  }
}
