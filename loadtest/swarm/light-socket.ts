/**
 * A seat-map socket that costs little: the WebSocket protocol over `node:net`, as much of it as the seat service uses.
 * Of a binary frame only the header is read, so that a missed frame is noticed; `onFrame` gets it whole for those few
 * sockets that keep the map. Five thousand of these need a third of a core at ten frames a second.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { ClientMessage } from '../../shared/protocol/client-messages.ts';
import type { ServerMessage } from '../../shared/protocol/server-messages.ts';
import { SUBPROTOCOL_BINARY, SUBPROTOCOL_TOKEN_PREFIX } from '../../shared/protocol/version.ts';

export type LightSocketOptions = {
  /** As the admission names it: `ws://host:8081/events/7`. */
  readonly url: string;
  readonly token: string;
  readonly address: string;
  readonly onMessage: (message: ServerMessage) => void;
  /** Every binary frame, a view that is valid until the function returns. */
  readonly onFrame?: (frame: Uint8Array) => void;
  /** A delta that does not follow on the one before. */
  readonly onGap: () => void;
  /** Called once; 1006 where no close frame came. */
  readonly onClose: (code: number) => void;
};

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const SNAPSHOT = 1;
const OPEN_TIMEOUT_MS = 30_000;
const NO_MASK = Buffer.alloc(4);

export class LightSocket {
  readonly #options: LightSocketOptions;
  readonly #socket: Socket;
  readonly #opened = Promise.withResolvers<void>();
  readonly #timer: NodeJS.Timeout;
  #rest: Buffer | undefined;
  #upgraded = false;
  #closeCode = 1006;
  #closed = false;
  #frames = 0;
  /** Of the map as this socket knows it; -1 before the first snapshot and after a gap. */
  offset = -1;

  constructor(options: LightSocketOptions) {
    this.#options = options;
    const { hostname, port, pathname, host } = new URL(options.url);
    this.#socket = connect({
      host: hostname === 'localhost' ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 80),
      noDelay: true,
    });
    this.#socket.on('connect', () => {
      this.#socket.write(
        `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
          `Sec-WebSocket-Protocol: ${SUBPROTOCOL_BINARY}, ${SUBPROTOCOL_TOKEN_PREFIX}${options.token}\r\n` +
          `X-Forwarded-For: ${options.address}\r\n\r\n`,
      );
    });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => this.#end(new Error('the connection was closed')));
    this.#timer = setTimeout(() => this.#end(new Error('no map within 30 s')), OPEN_TIMEOUT_MS);
  }

  /** Resolves with the first snapshot; rejects where the upgrade is refused. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  get isOpen(): boolean {
    return this.#upgraded && !this.#closed;
  }

  /** Binary frames so far. */
  get frames(): number {
    return this.#frames;
  }

  send(message: ClientMessage): void {
    if (this.isOpen) this.#write(TEXT, Buffer.from(JSON.stringify(message)));
  }

  /** Leaves without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  #write(opcode: number, payload: Buffer): void {
    // A client must mask; a mask of zeros leaves the bytes as they are.
    const long = payload.length > 125;
    const head = Buffer.from(
      long
        ? [0x80 | opcode, 0x80 | 126, payload.length >> 8, payload.length & 255]
        : [0x80 | opcode, 0x80 | payload.length],
    );
    this.#socket.write(Buffer.concat([head, NO_MASK, payload]));
  }

  #read(chunk: Buffer): void {
    let buffer = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    if (!this.#upgraded) {
      const end = buffer.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#rest = buffer;
        return;
      }
      const status = buffer.toString('latin1', 9, 12);
      if (status !== '101') {
        const body = buffer.toString('utf8', end + 4).slice(0, 200);
        this.#end(new Error(`the upgrade was answered ${status} ${body}`));
        return;
      }
      this.#upgraded = true;
      buffer = buffer.subarray(end + 4);
    }
    let at = 0;
    while (buffer.length - at >= 2 && !this.#closed) {
      const opcode = buffer[at]! & 15;
      let length = buffer[at + 1]! & 127;
      let from = at + 2;
      if (length === 126) {
        if (buffer.length < at + 4) break;
        length = buffer.readUInt16BE(at + 2);
        from = at + 4;
      } else if (length === 127) {
        if (buffer.length < at + 10) break;
        length = Number(buffer.readBigUInt64BE(at + 2));
        from = at + 10;
      }
      if (buffer.length < from + length) break;
      this.#take(opcode, buffer.subarray(from, from + length));
      at = from + length;
    }
    if (at < buffer.length && !this.#closed)
      this.#rest = at === 0 ? buffer : Buffer.from(buffer.subarray(at));
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === BINARY) this.#takeFrame(payload);
    else if (opcode === TEXT) this.#options.onMessage(JSON.parse(payload.toString('utf8')) as ServerMessage);
    else if (opcode === PING) this.#write(PONG, Buffer.from(payload));
    else if (opcode === CLOSE) {
      this.#closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.#write(CLOSE, Buffer.from(payload.subarray(0, 2)));
      this.#socket.end();
    }
  }

  #takeFrame(frame: Buffer): void {
    this.#frames += 1;
    if (frame[0] === SNAPSHOT) {
      this.offset = frame.readDoubleLE(16);
      this.#options.onFrame?.(frame);
      clearTimeout(this.#timer);
      this.#opened.resolve();
      return;
    }
    if (this.offset < 0) return;
    const offset = frame.readDoubleLE(8);
    if (offset - frame.readUInt32LE(4) !== this.offset) {
      this.offset = -1;
      this.#options.onGap();
      this.send({ type: 'resync' });
      return;
    }
    this.offset = offset;
    this.#options.onFrame?.(frame);
  }

  #end(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    this.#opened.promise.catch(() => {});
    this.#opened.reject(error);
    this.#options.onClose(this.#closeCode);
  }
}
