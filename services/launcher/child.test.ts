import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../shared/testing/wait.ts';
import { type ChildEvents, SupervisedChild } from './child.ts';
import { processIdentity } from './process-identity.ts';

let dir: string;
let child: SupervisedChild | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'usher-child-'));
});
afterEach(async () => {
  await child?.stop(Date.now());
  rmSync(dir, { recursive: true });
});

function run(script: string, events: ChildEvents = {}): SupervisedChild {
  const spec = {
    name: 'it',
    command: process.execPath,
    args: ['-e', script],
    env: process.env,
    cwd: dir,
    logFile: join(dir, 'it.log'),
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    channel: false,
  } as const;
  child = new SupervisedChild(spec, events);
  child.start();
  return child;
}

it('a child that dies is started again', async () => {
  const pids: number[] = [];
  const deaths: string[] = [];
  run('process.exit(3)', { spawned: (pid) => pids.push(pid), died: (how) => deaths.push(how) });
  await until(() => pids.length === 2);
  expect(deaths[0]).toBe('exit code 3');
});

it('a child that refuses its configuration is not started again, and its words are handed on', async () => {
  let words: string[] | undefined;
  let starts = 0;
  run("console.error('no such port'); process.exit(78)", {
    spawned: () => {
      starts += 1;
    },
    refused: (lines) => {
      words = lines;
    },
  });
  expect(await until(() => words)).toEqual(['no such port']);
  expect(starts).toBe(1);
});

it('a child that stops when asked is not killed', async () => {
  const script =
    "process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); setInterval(() => {}, 1000); console.log('up')";
  const it = run(script);
  await until(() => it.lastLines().includes('up'));
  expect(await it.stop(Date.now() + 5_000)).toBe(true);
  expect(readFileSync(join(dir, 'it.log'), 'utf8')).toContain('bye');
});

it('a child that does not stop is killed at the deadline', async () => {
  let pid = 0;
  const it = run("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')", {
    spawned: (spawned) => {
      pid = spawned;
    },
  });
  await until(() => it.lastLines().includes('up'));
  expect(await it.stop(Date.now() + 100)).toBe(false);
  expect(processIdentity(pid)).toBeUndefined();
});

it('hands on each line of output once', async () => {
  const lines: string[] = [];
  run("for (let i = 0; i < 3; i++) console.log('line', i); setInterval(() => {}, 1000)", {
    line: (line) => lines.push(line),
  });
  await until(() => lines.length === 3);
  await child?.stop(Date.now() + 1_000);
  expect(lines).toEqual(['line 0', 'line 1', 'line 2']);
});
