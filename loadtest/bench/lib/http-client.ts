/** HTTP/1.1 over kept connections, one request at a time on each: as little work as a client in Node can have. */
import { connect, type Socket } from 'node:net';

export type HttpReply = { readonly status: number; readonly body: string };

export class HttpConnection {
  readonly #socket: Socket;
  readonly #host: string;
  #text = '';
  #waiting: { resolve(reply: HttpReply): void; reject(error: Error): void } | undefined;

  constructor(port: number) {
    this.#host = `127.0.0.1:${port}`;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#take(text));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('The connection was closed.')));
  }

  request(method: string, path: string, token: string, body?: string): Promise<HttpReply> {
    const content =
      body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
    this.#waiting = { resolve, reject };
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAuthorization: Bearer ${token}\r\n${content}\r\n${body ?? ''}`,
    );
    return promise;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#text.slice(0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#text.length < end + 4 + length) return;
    const body = this.#text.slice(end + 4, end + 4 + length);
    this.#text = '';
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({ status: Number(head.slice(9, 12)), body });
  }
}
