/** One connection to the seat service: opens it with its token, and turns frames into messages. */

import type { ClientMessage } from '../protocol/client-messages.ts';
import { type DeltaFrame, decodeFrame, type SnapshotFrame } from '../protocol/codec.ts';
import type { ServerMessage } from '../protocol/server-messages.ts';
import { SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON, SUBPROTOCOL_TOKEN_PREFIX } from '../protocol/version.ts';

/** What is used of a WebSocket, the browser's, Node's or the one of the package `ws`. */
export type WebSocketLike = {
  binaryType: string;
  readonly readyState: number;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  send(data: string): void;
  close(code?: number, reason?: string): void;
};

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export type SeatProtocol = 'binary' | 'json';

/** A message as it came, in either form. */
export type Incoming = ServerMessage | SnapshotFrame | DeltaFrame;

export type SeatSocketOptions = {
  readonly WebSocket: WebSocketConstructor;
  readonly url: string;
  readonly token: string;
  readonly protocol: SeatProtocol;
  readonly resume: { readonly epoch: number; readonly offset: number } | undefined;
  readonly onMessage: (message: Incoming) => void;
  /** A frame that cannot be read. */
  readonly onNonsense: () => void;
  /** Called once. `opened` tells a refused upgrade from a lost connection: both have code 1006. */
  readonly onClose: (code: number, reason: string, opened: boolean) => void;
};

const OPEN = 1;

export class SeatSocket {
  readonly #options: SeatSocketOptions;
  readonly #socket: WebSocketLike;
  #opened = false;
  #closed = false;

  constructor(options: SeatSocketOptions) {
    this.#options = options;
    const url = new URL(options.url);
    if (options.resume !== undefined) {
      url.searchParams.set('epoch', String(options.resume.epoch));
      url.searchParams.set('offset', String(options.resume.offset));
    }
    const name = options.protocol === 'binary' ? SUBPROTOCOL_BINARY : SUBPROTOCOL_JSON;
    const socket = new options.WebSocket(url.href, [name, SUBPROTOCOL_TOKEN_PREFIX + options.token]);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#opened = true;
    };
    socket.onmessage = (event: { readonly data: unknown }) => this.#receive(event.data);
    socket.onclose = (event: { readonly code?: number; readonly reason?: unknown }) =>
      this.#end(event.code ?? 1006, String(event.reason ?? ''));
    // The close that follows says all there is to say.
    socket.onerror = () => {};
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return !this.#closed && this.#socket.readyState === OPEN;
  }

  send(message: ClientMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** Ends the connection without waiting for the other side, which may be long gone. */
  abandon(code = 1006, reason = ''): void {
    try {
      this.#socket.close();
    } catch {
      // A socket that is still connecting may refuse to be closed; it is not listened to any more anyway.
    }
    this.#end(code, reason);
  }

  #receive(data: unknown): void {
    if (this.#closed) return;
    let message: Incoming;
    try {
      message =
        typeof data === 'string'
          ? (JSON.parse(data) as ServerMessage)
          : decodeFrame(new Uint8Array(data as ArrayBuffer));
    } catch {
      this.#options.onNonsense();
      return;
    }
    this.#options.onMessage(message);
  }

  #end(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onClose(code, reason, this.#opened);
  }
}
