/**
 * The only file that knows uWebSockets.js. It turns requests and sockets into sessions and hands them on.
 *
 * Its rules, which the library does not forgive to break: read headers before the first await, copy a message
 * before it returns, never touch a response after `onAborted` or a socket after `close`.
 */

import type { HttpRequest, HttpResponse, us_listen_socket, WebSocket } from 'uWebSockets.js';
import * as uws from 'uWebSockets.js';
import { ERRORS, type ErrorCode } from '../../shared/domain/errors.ts';
import { randomId } from '../../shared/domain/ids.ts';
import { plainAddress } from './client-address.ts';
import { Session, type SessionFacts } from './session.ts';
import type { UpgradeRequest, UpgradeVerdict } from './upgrade.ts';

/** Larger messages are no map's doing: a hold of 100 seats is below 1 KB. */
export const MESSAGE_BYTES_MAX = 16_384;
const IDLE_TIMEOUT_S = 60;
/** uWebSockets.js listens with a backlog of 512; sharing the port eight times makes 4,096. */
const LISTEN_TIMES = 8;

/** `tooSlow` is set when the library has dropped a message past the limit of backpressure: it then closes the socket. */
type SocketData = { readonly facts: SessionFacts; session?: Session; tooSlow?: true };
type Socket = WebSocket<SocketData>;

export type ServerHandlers = {
  /** Judges a request by what it says. */
  judge(request: UpgradeRequest): UpgradeVerdict;
  /** Makes the event ready, or says why it cannot be; at once where the event is open already. */
  prepare(facts: SessionFacts): ErrorCode | undefined | Promise<ErrorCode | undefined>;
  opened(session: Session, listen: (topic: string) => void): void;
  message(session: Session, text: string | undefined): void;
  /** @param tooSlow the reader left more unread than the limit: whatever the code, that is why. */
  closed(session: Session, code: number, tooSlow: boolean): void;
  /** Answers a plain request, or undefined for 404. */
  http(path: string): Promise<HttpAnswer | undefined>;
  clientAddress(remote: string, forwardedFor: string): string;
  refused(code: ErrorCode): void;
};

export type HttpAnswer = { readonly status: number; readonly type: string; readonly body: string };

export type SeatsServer = {
  /** Resolves with the port that is listened on. */
  listen(host: string, port: number): Promise<number>;
  publish(topic: string, frame: string | Uint8Array): void;
  /** Accepts no new connection. */
  stopListening(): void;
  /** Closes what is left at once. */
  close(): void;
};

export function createServer(
  handlers: ServerHandlers,
  settings: { backpressureBytesMax: number },
): SeatsServer {
  const app = uws.App();
  const listenSockets: us_listen_socket[] = [];

  app.ws<SocketData>('/events/:eventId', {
    maxPayloadLength: MESSAGE_BYTES_MAX,
    maxBackpressure: settings.backpressureBytesMax,
    closeOnBackpressureLimit: true,
    idleTimeout: IDLE_TIMEOUT_S,
    sendPingsAutomatically: true,

    upgrade: (response, request, context) => {
      const asked = readUpgrade(response, request, handlers.clientAddress);
      const key = request.getHeader('sec-websocket-key');
      const extensions = request.getHeader('sec-websocket-extensions');
      let aborted = false;
      response.onAborted(() => {
        aborted = true;
      });
      const verdict = handlers.judge(asked);
      const refuse = (code: ErrorCode) => {
        handlers.refused(code);
        response.cork(() => sendError(response, code));
      };
      if (!verdict.accepted) {
        refuse(verdict.code);
        return;
      }
      const answer = (code: ErrorCode | undefined) => {
        if (code !== undefined) refuse(code);
        // Never inside a cork of ours: where the upgraded socket happens to stay at its address, the library goes
        // on as if it were still a response, and now and then closes it.
        else response.upgrade({ facts: verdict.facts }, key, verdict.protocol, extensions, context);
      };
      const prepared = handlers.prepare(verdict.facts);
      if (!(prepared instanceof Promise)) answer(prepared);
      else {
        void prepared.then((code) => {
          if (!aborted) answer(code);
        });
      }
    },

    open: (socket) => {
      const data = socket.getUserData();
      const session = new Session(data.facts, {
        send: (message, binary) => socket.send(message, binary),
        close: (code, reason) => socket.end(code, reason),
      });
      data.session = session;
      handlers.opened(session, (topic) => socket.subscribe(topic));
    },

    message: (socket: Socket, message, isBinary) => {
      const { session } = socket.getUserData();
      if (session && !session.closed) {
        handlers.message(session, isBinary ? undefined : Buffer.from(message).toString('utf8'));
      }
    },

    dropped: (socket) => {
      socket.getUserData().tooSlow = true;
    },

    close: (socket, code) => {
      const { session, tooSlow = false } = socket.getUserData();
      if (session === undefined) return;
      session.closed = true;
      handlers.closed(session, code, tooSlow);
    },
  });

  app.any('/*', (response, request) => {
    const path = request.getMethod() === 'get' ? request.getUrl() : '';
    let aborted = false;
    response.onAborted(() => {
      aborted = true;
    });
    void handlers
      .http(path)
      .catch((): HttpAnswer => ({ status: 500, type: 'text/plain', body: 'internal' }))
      .then((answer) => {
        if (aborted) return;
        response.cork(() => {
          if (answer === undefined) sendError(response, 'not_found');
          else {
            response
              .writeStatus(String(answer.status))
              .writeHeader('content-type', answer.type)
              .end(answer.body);
          }
        });
      });
  });

  return {
    async listen(host, port) {
      let bound = port;
      for (let time = 0; time < LISTEN_TIMES; time++) {
        const listenSocket = await new Promise<us_listen_socket | false>((resolve) => {
          app.listen(host, bound, resolve);
        });
        if (!listenSocket)
          throw new Error(`Port ${bound} on ${host} is taken. Choose another with SEATS_PORT.`);
        listenSockets.push(listenSocket);
        bound = uws.us_socket_local_port(listenSocket);
      }
      return bound;
    },
    publish: (topic, frame) => {
      app.publish(topic, frame, typeof frame !== 'string');
    },
    stopListening: () => {
      for (const listenSocket of listenSockets.splice(0)) uws.us_listen_socket_close(listenSocket);
    },
    close: () => {
      app.close();
    },
  };
}

function readUpgrade(
  response: HttpResponse,
  request: HttpRequest,
  clientAddress: ServerHandlers['clientAddress'],
): UpgradeRequest {
  const remote = plainAddress(Buffer.from(response.getRemoteAddressAsText()).toString());
  return {
    eventId: request.getParameter(0) ?? '',
    protocols: request.getHeader('sec-websocket-protocol'),
    query: new URLSearchParams(request.getQuery() ?? ''),
    origin: request.getHeader('origin'),
    host: request.getHeader('host'),
    address: clientAddress(remote, request.getHeader('x-forwarded-for')),
  };
}

function sendError(response: HttpResponse, code: ErrorCode): void {
  const { status, message } = ERRORS[code];
  response
    .writeStatus(String(status))
    .writeHeader('content-type', 'application/json')
    .end(JSON.stringify({ code, message, requestId: randomId() }));
}
