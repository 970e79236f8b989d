/**
 * HTTP for thousands of visitors in one process: a pool of kept-alive connections, one request at a time on each, and
 * nothing parsed that is not used. It costs a fifth of `fetch`, which matters where client and services share two cores.
 *
 * A request's time runs from the call to the last byte, the wait for a free connection included.
 */
import { connect, type Socket } from 'node:net';

export type Reply = {
  readonly status: number;
  /** Parsed where it is JSON, else undefined. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies are what the contract says; a wrong one shows as a fault.
  readonly body: any;
  readonly text: string;
  readonly ms: number;
};

export type Ask = {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'PATCH';
  readonly path: string;
  readonly token?: string | undefined;
  readonly body?: unknown;
  /** Sent as X-Forwarded-For: each visitor is an address of its own. */
  readonly address?: string | undefined;
  readonly key?: string;
};

type Job = {
  readonly text: string;
  readonly startedMs: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
};

const TIMEOUT_MS = 30_000;
/** The gateway keeps an idle connection for 72 s; one that is nearly as old is not used again. */
const IDLE_MS_MAX = 50_000;
const OPEN_AT_ONCE = 250;

export class GatewayClient {
  readonly #host: string;
  readonly #port: number;
  readonly #hostHeader: string;
  readonly #connectionsMax: number;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  readonly #queue: Job[] = [];

  constructor(url: string, { connections = 64 }: { connections?: number } = {}) {
    const { hostname, port, protocol, host } = new URL(url);
    if (protocol !== 'http:') throw new Error(`The swarm speaks plain HTTP only, not ${protocol}//.`);
    // `localhost` may be looked up as ::1, where nothing listens.
    this.#host = hostname === 'localhost' ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, '');
    this.#port = Number(port || 80);
    this.#hostHeader = host;
    this.#connectionsMax = connections;
  }

  /** Resolves with whatever is answered; rejects where nothing is. */
  ask({ method = 'GET', path, token, body, address, key }: Ask): Promise<Reply> {
    const json = body === undefined ? undefined : JSON.stringify(body);
    let text = `${method} ${path} HTTP/1.1\r\nHost: ${this.#hostHeader}\r\n`;
    if (token !== undefined) text += `Authorization: Bearer ${token}\r\n`;
    if (address !== undefined) text += `X-Forwarded-For: ${address}\r\n`;
    if (key !== undefined) text += `Idempotency-Key: ${key}\r\n`;
    if (json !== undefined) {
      text += `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
    } else text += method === 'GET' ? '\r\n' : 'Content-Length: 0\r\n\r\n';
    return new Promise((resolve, reject) => {
      this.#queue.push({ text, startedMs: performance.now(), resolve, reject });
      this.#pump();
    });
  }

  /** Opens so many connections beforehand, a few hundred at a time, so that a rush is a rush of requests. */
  async open(count: number): Promise<void> {
    while (this.#all.size < Math.min(count, this.#connectionsMax)) {
      const batch = Math.min(OPEN_AT_ONCE, count - this.#all.size);
      await Promise.all(
        Array.from({ length: batch }, async () => {
          const connection = this.#connect();
          await connection.connected;
          this.#idle.push(connection);
        }),
      );
    }
  }

  close(): void {
    for (const connection of this.#all) connection.destroy();
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      let connection = this.#idle.pop();
      if (connection !== undefined && !connection.usable) {
        connection.destroy();
        continue;
      }
      if (connection === undefined) {
        if (this.#all.size >= this.#connectionsMax) return;
        connection = this.#connect();
      }
      connection.run(this.#queue.shift()!);
    }
  }

  #connect(): Connection {
    const connection = new Connection(this.#host, this.#port, {
      free: (self) => {
        this.#idle.push(self);
        this.#pump();
      },
      gone: (self) => {
        this.#all.delete(self);
        const at = this.#idle.indexOf(self);
        if (at >= 0) this.#idle.splice(at, 1);
        this.#pump();
      },
    });
    this.#all.add(connection);
    return connection;
  }
}

/** One connection: writes a request, reads its answer, is free again. */
class Connection {
  readonly #socket: Socket;
  readonly #told: { free(self: Connection): void; gone(self: Connection): void };
  #job: Job | undefined;
  #timer: NodeJS.Timeout | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes that the answer has in all; -1 while its head is not whole; Infinity where it is chunked. */
  #wanted = -1;
  #headBytes = 0;
  #head = '';
  #idleSinceMs = performance.now();
  #dead = false;

  constructor(
    host: string,
    port: number,
    told: { free(self: Connection): void; gone(self: Connection): void },
  ) {
    this.#told = told;
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => this.#end(new Error('the connection was closed before the answer')));
  }

  get connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#socket.once('error', reject);
    });
  }

  get usable(): boolean {
    return !this.#dead && performance.now() - this.#idleSinceMs < IDLE_MS_MAX;
  }

  run(job: Job): void {
    this.#job = job;
    this.#timer = setTimeout(
      () => this.#end(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)),
      TIMEOUT_MS,
    );
    this.#socket.write(job.text);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#wanted < 0) this.#readHead();
    if (this.#wanted < 0 || this.#bytes < this.#wanted) {
      const chunked = this.#wanted === Number.POSITIVE_INFINITY;
      if (!chunked || !this.#whole().subarray(-5).equals(LAST_CHUNK)) return;
    }
    this.#answer();
  }

  #readHead(): void {
    const buffer = this.#whole();
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.#head = buffer.toString('latin1', 0, end);
    this.#headBytes = end + 4;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head);
    const status = this.#head.slice(9, 12);
    if (status === '204' || status === '304') this.#wanted = this.#headBytes;
    else if (length) this.#wanted = this.#headBytes + Number(length[1]);
    else this.#wanted = Number.POSITIVE_INFINITY;
  }

  #whole(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #answer(): void {
    const job = this.#job;
    clearTimeout(this.#timer);
    const raw = this.#whole().subarray(this.#headBytes);
    const text = this.#wanted === Number.POSITIVE_INFINITY ? unchunk(raw) : raw.toString('utf8');
    const status = Number(this.#head.slice(9, 12));
    const isJson = /\r\ncontent-type: *application\/json/i.test(this.#head);
    const closes = /\r\nconnection: *close/i.test(this.#head);
    this.#job = undefined;
    this.#chunks = [];
    this.#bytes = 0;
    this.#wanted = -1;
    this.#idleSinceMs = performance.now();
    if (closes) this.#end(new Error('closed'));
    else this.#told.free(this);
    if (job === undefined) return;
    const ms = performance.now() - job.startedMs;
    try {
      job.resolve({ status, text, ms, body: isJson && text !== '' ? JSON.parse(text) : undefined });
    } catch {
      job.reject(new Error(`a body that is no JSON: ${text.slice(0, 100)}`));
    }
  }

  #end(error: Error): void {
    if (this.#dead) return;
    this.#dead = true;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    this.#job?.reject(error);
    this.#job = undefined;
    this.#told.gone(this);
  }
}

const LAST_CHUNK = Buffer.from('0\r\n\r\n');

function unchunk(raw: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.toString('latin1', at, end), 16);
    if (!(size > 0)) break;
    parts.push(raw.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts).toString('utf8');
}
