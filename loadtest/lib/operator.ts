/** What an operator does for a load test: makes events, turns levers and turns them back, reads what was sold. */
import type { EventDetails, LoggedIn, SeatStatus } from '../../shared/protocol/http.ts';
import { OptionError } from './options.ts';

export type Report = {
  readonly sold: number;
  readonly seats: { total: number; available: number; locked: number; sold: number; blocked: number };
  readonly orders: { total: number; pending: number; paid: number; failed: number; refunded: number };
};

/** As `npm start` makes it for its demo; nobody else's house has it. */
const DEMO = { email: 'operator@usher.local', password: 'operator' } as const;

export class Operator {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Logs in. Throws an {@link OptionError} where that is refused. */
  static async logIn(url: string): Promise<Operator> {
    const email = process.env.LOADTEST_OPERATOR_EMAIL ?? DEMO.email;
    const password = process.env.LOADTEST_OPERATOR_PASSWORD ?? DEMO.password;
    const response = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    if (response.status !== 200) {
      throw new OptionError(
        `${email} may not log in at ${url} (${response.status}). Load tests make events of their own and read what was sold: give LOADTEST_OPERATOR_EMAIL and LOADTEST_OPERATOR_PASSWORD.`,
      );
    }
    const { token, account } = (await response.json()) as LoggedIn;
    if (account.role !== 'operator') throw new OptionError(`${email} is no operator.`);
    return new Operator(url, token);
  }

  async createEvent(name: string, venue: object, onSale: object): Promise<number> {
    const body = { name, startsAtMs: Date.now() + 30 * 86_400_000, venue, onSale };
    const { eventId } = await this.#json<{ eventId: number }>('POST', '/admin/events', body);
    return eventId;
  }

  event(eventId: number): Promise<EventDetails> {
    return this.#json('GET', `/events/${eventId}`);
  }

  status(eventId: number): Promise<SeatStatus> {
    return this.#json('GET', `/events/${eventId}/seats/status`);
  }

  report(eventId: number): Promise<Report> {
    return this.#json('GET', `/admin/events/${eventId}/report`);
  }

  async setOnSale(eventId: number, levers: object): Promise<void> {
    await this.#json('PATCH', `/admin/events/${eventId}/on-sale`, levers);
  }

  async #json<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) {
      throw new OptionError(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
    }
    return (await response.json()) as T;
  }
}
