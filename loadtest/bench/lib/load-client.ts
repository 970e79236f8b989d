/** The load client in C, compiled when it is first wanted, with types for what it says. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLIENT_CORE, LineProcess } from './processes.ts';

export type Dialect = 'usher' | 'plain' | 'sio';

/** What `stat` says; counts since the last `reset`. */
export type ClientStats = {
  /** Delta frames received. */
  readonly frames: number;
  readonly frameBytes: number;
  readonly bytes: number;
  /** Frames that did not begin where the socket was. */
  readonly gaps: number;
  readonly resumed: number;
  readonly snapshots: number;
  readonly texts: number;
  readonly open: number;
  /** Open sockets that the server closed. */
  readonly closed: number;
  readonly refused: number;
  readonly denied: number;
  readonly cpuSeconds: number;
  readonly connectP50Ms: number;
  readonly connectP99Ms: number;
  readonly holdP50Ms: number;
  readonly holdP99Ms: number;
  readonly holdMaxMs: number;
  readonly releaseP50Ms: number;
  readonly releaseP99Ms: number;
};
export type Connected = { readonly opened: number; readonly failed: number; readonly seconds: number };
export type Held = {
  readonly holds: number;
  readonly releases: number;
  readonly denied: number;
  readonly seconds: number;
};
/** The map of a sampled socket. */
export type SampledMap = { readonly offset: number; readonly bits: Buffer };

const dir = mkdtempSync(join(tmpdir(), 'usher-bench-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
let binary: string | undefined;
/** Each client has source addresses of its own, so that no port runs out. */
let nextNet = 10;

function compiled(): string {
  if (binary === undefined) {
    binary = join(dir, 'load-client');
    execFileSync('cc', ['-O2', '-o', binary, join(import.meta.dirname, 'load-client.c')], {
      stdio: 'inherit',
    });
  }
  return binary;
}

export class LoadClient {
  readonly #process: LineProcess;

  constructor(port: number, dialect: Dialect) {
    const net = nextNet;
    nextNet = net >= 250 ? 10 : net + 1;
    this.#process = new LineProcess([compiled(), String(port), dialect, String(net)], { core: CLIENT_CORE });
  }

  get pid(): number {
    return this.#process.pid;
  }

  async #ask<T>(line: string): Promise<T> {
    return (await this.#process.ask(line)) as T;
  }

  /** What each socket asks with: a path, and subprotocols. */
  async requests(lines: readonly { readonly path: string; readonly protocols: string }[]): Promise<void> {
    const file = join(dir, `requests-${this.pid}`);
    writeFileSync(file, lines.map(({ path, protocols }) => `${path}\t${protocols}\n`).join(''));
    await this.#ask(`requests ${file}`);
  }

  /** Connects sockets 0 to `count`, so many at a time; each counts as open when it has its map. */
  connect(count: number, inFlight = 128): Promise<Connected> {
    return this.#ask(`connect ${count} ${inFlight}`);
  }

  /** Connects, waits for the map and resets, again and again. */
  churn(ms: number, inFlight = 128, atMost = 1_000_000_000): Promise<Connected> {
    return this.#ask(`churn ${ms} ${inFlight} ${atMost}`);
  }

  /** Whether sockets that connect again say where they were. */
  async resuming(on: boolean): Promise<void> {
    await this.#ask(`resume ${on ? 1 : 0}`);
  }

  /** Resets all sockets, or the first ones. */
  async drop(count?: number): Promise<void> {
    await this.#ask(count === undefined ? 'drop' : `drop ${count}`);
  }

  /** Stops reading on the first sockets. */
  async stall(count: number): Promise<void> {
    await this.#ask(`stall ${count}`);
  }

  async reset(): Promise<void> {
    await this.#ask('reset');
  }

  stats(): Promise<ClientStats> {
    return this.#ask('stat');
  }

  /** The frames since `reset`, as triples of from, offset and time. */
  async receipts(): Promise<Float64Array> {
    const file = join(dir, `receipts-${this.pid}`);
    await this.#ask(`receipts ${file}`);
    const bytes = readFileSync(file);
    return new Float64Array(Uint8Array.from(bytes).buffer);
  }

  /** The maps of the sampled sockets. */
  async maps(): Promise<SampledMap[]> {
    const file = join(dir, `maps-${this.pid}`);
    await this.#ask(`maps ${file}`);
    const bytes = readFileSync(file);
    const maps: SampledMap[] = [];
    for (let at = 0; at < bytes.length; ) {
      const [offset, length] = [bytes.readDoubleLE(at), bytes.readDoubleLE(at + 8)];
      maps.push({ offset, bits: bytes.subarray(at + 16, at + 16 + length) });
      at += 16 + length;
    }
    return maps;
  }

  /** Which sockets hold, each its own two seats from `firstSeat` on. */
  async holders(firstSocket: number, sockets: number, firstSeat: number): Promise<void> {
    await this.#ask(`holders ${firstSocket} ${sockets} ${firstSeat}`);
  }

  /** Holds and releases in turn, so many unanswered at a time. */
  hold(ms: number, inFlight: number): Promise<Held> {
    return this.#ask(`holds ${ms} ${inFlight}`);
  }

  /** Holds and releases at a rate, whether they are answered or not. */
  holdAtRate(ms: number, perSecond: number): Promise<Held> {
    return this.#ask(`pace ${ms} ${perSecond}`);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}
