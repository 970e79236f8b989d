/** A visitor for tests, who does over HTTP and the socket what a browser does. */
import WebSocket from 'ws';
import type { ClientMessage } from '../protocol/client-messages.ts';
import type { Admission, Joined, OrderAccepted, OrderView } from '../protocol/http.ts';
import type { ServerMessage } from '../protocol/server-messages.ts';
import { until } from './wait.ts';

type Answer<T> = { readonly status: number; readonly body: T; readonly headers: Headers };

/** One request; the body is JSON both ways. */
export async function call<T = Record<string, unknown>>(
  url: string,
  {
    method = 'GET',
    token,
    body,
    headers = {},
  }: {
    method?: string;
    token?: string | undefined;
    body?: unknown;
    headers?: Record<string, string>;
  } = {},
): Promise<Answer<T>> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return {
    status: response.status,
    body: (isJson ? JSON.parse(text) : text) as T,
    headers: response.headers,
  };
}

/** A socket that remembers what it heard. */
export class TestSocket {
  readonly messages: ServerMessage[] = [];
  closeCode: number | undefined;
  readonly #socket: WebSocket;
  #ref = 0;

  constructor(url: string, token: string, protocol = 'usher.v1.json') {
    this.#socket = new WebSocket(url, [protocol, `usher.token.${token}`]);
    this.#socket.on('message', (data, isBinary) => {
      if (!isBinary) this.messages.push(JSON.parse(data.toString()) as ServerMessage);
    });
    this.#socket.on('close', (code) => {
      this.closeCode = code;
    });
    this.#socket.on('error', () => {});
  }

  /** The first message of a type that fits, waited for. */
  heard<T extends ServerMessage['type']>(
    type: T,
    fits: (message: Extract<ServerMessage, { type: T }>) => boolean = () => true,
    timeoutMs = 5_000,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    return until(
      () =>
        this.messages.find((message): message is Extract<ServerMessage, { type: T }> => {
          return message.type === type && fits(message as Extract<ServerMessage, { type: T }>);
        }),
      { timeoutMs, what: `${type}; heard ${JSON.stringify(this.messages.slice(-5)).slice(0, 600)}` },
    );
  }

  /** A delta in which this seat changed so. */
  seatChanged(seat: number, change: string, timeoutMs = 5_000) {
    return this.heard(
      'delta',
      ({ changes }) => changes.some((each) => each.seat === seat && each.change === change),
      timeoutMs,
    );
  }

  /** Sends a question and waits for its answer. */
  async ask(
    question: DistributiveOmit<Extract<ClientMessage, { ref: number }>, 'ref'>,
  ): Promise<ServerMessage> {
    const ref = ++this.#ref;
    this.raw(JSON.stringify({ ...question, ref }));
    return until(() => this.messages.find((message) => 'ref' in message && message.ref === ref), {
      what: `the answer to ${JSON.stringify(question)}`,
    });
  }

  raw(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  closed(timeoutMs = 5_000): Promise<number> {
    return until(() => this.closeCode, { timeoutMs, what: 'the socket to close' });
  }

  close(): void {
    this.#socket.terminate();
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export class Buyer {
  readonly gatewayUrl: string;
  readonly eventId: number;
  visitorToken = '';
  admission: Admission | undefined;

  constructor(gatewayUrl: string, eventId: number) {
    this.gatewayUrl = gatewayUrl;
    this.eventId = eventId;
  }

  get #event(): string {
    return `${this.gatewayUrl}/events/${this.eventId}`;
  }

  async join(): Promise<Joined['place']> {
    const { status, body } = await call<Joined>(`${this.#event}/line`, {
      method: 'POST',
      token: this.visitorToken || undefined,
    });
    if (status !== 201) throw new Error(`Joining was answered ${status} ${JSON.stringify(body)}.`);
    this.visitorToken = body.visitorToken;
    return body.place;
  }

  /** Joins and enters as soon as it is called. */
  async enter(timeoutMs = 10_000): Promise<Admission> {
    if (this.visitorToken === '') await this.join();
    this.admission = await until(
      async () => {
        const { status, body } = await call<Admission>(`${this.#event}/admission`, {
          method: 'POST',
          token: this.visitorToken,
        });
        return status === 201 || status === 200 ? body : undefined;
      },
      { timeoutMs, everyMs: 50, what: 'the admission' },
    );
    return this.admission;
  }

  /** Opens a socket, entering first where that has not happened. */
  async watch(protocol?: string): Promise<TestSocket> {
    const { seatsUrl, admissionToken } = this.admission ?? (await this.enter());
    const socket = new TestSocket(seatsUrl, admissionToken, protocol);
    await until(() => socket.messages.length > 0 || socket.closeCode !== undefined, { what: 'the welcome' });
    await socket.heard('welcome', undefined, 0);
    return socket;
  }

  order(
    holdId: string,
    method = 'pm_card_visa',
    key: string = crypto.randomUUID(),
  ): Promise<Answer<OrderAccepted>> {
    return call<OrderAccepted>(`${this.gatewayUrl}/orders`, {
      method: 'POST',
      token: this.admission?.admissionToken,
      headers: { 'idempotency-key': key },
      body: {
        eventId: this.eventId,
        holdId,
        buyer: { name: 'Test Buyer', email: 'buyer@example.org' },
        payment: { method },
      },
    });
  }

  orderView(orderId: string): Promise<Answer<OrderView>> {
    return call<OrderView>(`${this.gatewayUrl}/orders/${orderId}`, { token: this.visitorToken });
  }

  /** Waits until an order is no longer pending. */
  settled(orderId: string, timeoutMs = 15_000): Promise<OrderView> {
    return until(
      async () => {
        const { body } = await this.orderView(orderId);
        return body.status === 'pending' ? undefined : body;
      },
      { timeoutMs, everyMs: 50, what: `order ${orderId} to be settled` },
    );
  }
}
