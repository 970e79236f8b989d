import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockHolder, takeLock } from './launcher-lock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'usher-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('a taken lock is refused with the process that has it', () => {
  const release = takeLock(dir);
  expect(() => takeLock(dir)).toThrow(`Usher already runs from ${dir} (process ${process.pid})`);
  release();
  expect(lockHolder(dir)).toBeUndefined();
  takeLock(dir)();
});

it('the lock of a process that is gone is taken over', () => {
  writeFileSync(join(dir, 'launcher.pid'), '999999999\nnobody\n');
  takeLock(dir);
  expect(lockHolder(dir)).toBe(process.pid);
});

it('the lock of an earlier process with the pid of a living one is taken over', () => {
  writeFileSync(join(dir, 'launcher.pid'), `${process.pid}\nstarted at another time\n`);
  takeLock(dir);
  expect(lockHolder(dir)).toBe(process.pid);
  expect(readdirSync(dir)).toEqual(['launcher.pid']);
});
