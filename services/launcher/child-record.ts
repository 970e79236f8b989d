// Children run in process groups of their own, so they outlive a launcher that is killed with -9. Each is written down
// when it starts; the next launcher stops those that are still there.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './process-identity.ts';

interface Entry {
  readonly name: string;
  readonly pid: number;
  readonly identity: string;
}

/** How long a left-over gets to end by itself; PostgreSQL writes a checkpoint in it. */
const GRACE_MS = 8_000;

/** The file in which a launcher writes down its children. */
export class ChildRecord {
  readonly #file: string;
  #entries = new Map<string, Entry>();

  constructor(file: string) {
    this.#file = file;
  }

  /** Notes that the child `name` now is `pid`. */
  add(name: string, pid: number): void {
    this.#entries.set(name, { name, pid, identity: processIdentity(pid) ?? '' });
    writeFileSync(this.#file, JSON.stringify([...this.#entries.values()]));
  }

  /** Forgets all: they have been stopped in order. */
  clear(): void {
    this.#entries.clear();
    rmSync(this.#file, { force: true });
  }

  /** Stops what a launcher before this one left running and returns the names. */
  async stopLeftovers(): Promise<string[]> {
    const left = this.#read().filter(isAlive);
    for (const entry of left) signal(entry, 'SIGINT');
    const deadlineMs = Date.now() + GRACE_MS;
    while (left.some(isAlive) && Date.now() < deadlineMs) await sleep(50);
    for (const entry of left) if (isAlive(entry)) signal(entry, 'SIGKILL');
    while (left.some(isAlive) && Date.now() < deadlineMs + 2_000) await sleep(20);
    this.clear();
    return left.map((entry) => entry.name);
  }

  #read(): Entry[] {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as Entry[];
    } catch {
      return [];
    }
  }
}

function isAlive(entry: Entry): boolean {
  return entry.identity !== '' && processIdentity(entry.pid) === entry.identity;
}

function signal(entry: Entry, name: NodeJS.Signals): void {
  try {
    process.kill(name === 'SIGKILL' ? -entry.pid : entry.pid, name);
  } catch {
    // It ended by itself in this moment.
  }
}
