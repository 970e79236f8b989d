/**
 * One visitor of a sale: joins, waits, enters, watches, and perhaps buys. Whatever the contract does not foresee on the
 * way is a fault; what it does foresee (a seat taken, a card declined, nothing left) is an outcome and counted.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSE } from '../../shared/protocol/close-codes.ts';
import type { Admission, OrderView } from '../../shared/protocol/http.ts';
import type { ServerMessage } from '../../shared/protocol/server-messages.ts';
import type { Reply } from './gateway-client.ts';
import { LightSocket } from './light-socket.ts';
import type { Sale } from './sale.ts';

type Message<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

/** A visitor who cannot go on. The fault is in the tally already. */
class GaveUp extends Error {}

const ORDER_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 30_000;
const GOODBYE_TIMEOUT_MS = 10_000;
const HOLD_ATTEMPTS_MAX = 12;

export class Visitor {
  readonly eventId: number;
  readonly #sale: Sale;
  readonly #address: string;
  #token = '';
  #admission: Admission | undefined;
  socket: LightSocket | undefined;
  readonly #closed = Promise.withResolvers<number>();
  /** Whether its sockets may be closed, and its holds end, for it is done. */
  #mayClose = false;
  /** The hold that it was told it has. */
  #holdId = '';
  #ref = 0;
  readonly #answers = new Map<number, (message: ServerMessage) => void>();
  readonly #orders = new Map<string, (message: Message<'order_updated'>) => void>();
  /** What came before it was asked for. */
  readonly #settled = new Map<string, Message<'order_updated'>>();

  constructor(sale: Sale, eventId: number, address: string) {
    this.#sale = sale;
    this.eventId = eventId;
    this.#address = address;
  }

  /** From joining to the open map. Returns false where the run was over first. */
  async enter(onFrame?: (frame: Uint8Array) => void): Promise<boolean> {
    if (!(await this.#waitInLine())) return false;
    const reply = await this.#call('admission', 'POST', `/events/${this.eventId}/admission`, this.#token);
    if (reply.status !== 201) throw this.#unexpected('POST admission', reply);
    this.#admission = reply.body as Admission;
    this.#sale.tally.count('admitted');
    await this.#openSocket(onFrame);
    return true;
  }

  async #waitInLine(): Promise<boolean> {
    const { tally, plan } = this.#sale;
    const joined = await this.#call('join', 'POST', `/events/${this.eventId}/line`);
    if (joined.status !== 201) throw this.#unexpected('POST line', joined);
    this.#token = joined.body.visitorToken;
    this.#sale.visitorJoined();
    let { place } = joined.body;
    while (place.state !== 'called') {
      if (place.state !== 'waiting' && place.state !== 'lobby') {
        tally.fault('A place in the line was lost.', `event ${this.eventId}: ${JSON.stringify(place)}`);
        throw new GaveUp();
      }
      if (place.state === 'waiting' && !(place.position >= 1 && place.latestWaitMs !== undefined)) {
        tally.fault('A waiting place has no position.', JSON.stringify(place));
      }
      const lineIsOver = this.#sale.isSoldOut(this.eventId);
      if (lineIsOver || !(await this.#sale.pause(plan.pollMs * (0.8 + 0.4 * Math.random())))) {
        tally.count(lineIsOver ? 'waiting when all was sold' : 'still waiting');
        await this.#leaveLine();
        return false;
      }
      const reply = await this.#call('poll', 'GET', `/events/${this.eventId}/line/me`, this.#token);
      if (reply.status !== 200) throw this.#unexpected('GET line/me', reply);
      tally.count('polls');
      place = reply.body;
    }
    return true;
  }

  async #openSocket(onFrame?: (frame: Uint8Array) => void): Promise<void> {
    const { tally } = this.#sale;
    const { seatsUrl, admissionToken } = this.#admission!;
    const startedMs = performance.now();
    const socket = new LightSocket({
      url: seatsUrl,
      token: admissionToken,
      address: this.#address,
      onMessage: (message) => this.#hear(message),
      onGap: () =>
        tally.fault('A frame was missed: its `from` is not the offset before it.', `event ${this.eventId}`),
      onClose: (code) => {
        this.#sale.socketClosed(this);
        if (!this.#mayClose && socket.frames > 0) {
          tally.fault(`A socket was closed unexpectedly with ${code}.`, `event ${this.eventId}`);
        }
        this.#closed.resolve(code);
      },
      ...(onFrame && { onFrame }),
    });
    try {
      await socket.opened;
    } catch (error) {
      tally.fault('A socket could not be opened.', (error as Error).message);
      throw new GaveUp();
    }
    this.socket = socket;
    tally.time('socket to map', performance.now() - startedMs);
    this.#sale.socketOpened(this);
  }

  /** Holds seats and pays for them. Resolves when the tickets are there and the room is left. */
  async buy(): Promise<void> {
    const { tally } = this.#sale;
    const hold = await this.#hold();
    if (hold === undefined) {
      tally.count('found no seat');
      return;
    }
    tally.count('held');
    if (Math.random() < this.#sale.plan.declinedShare) {
      const declined = await this.#order(hold, 'pm_card_chargeDeclined');
      if (declined.status !== 'failed' || declined.failure !== 'card_declined') {
        tally.fault('A declined card did not fail the order.', JSON.stringify(declined));
        throw new GaveUp();
      }
      tally.count('declined');
    }
    this.#mayClose = true;
    const order = await this.#order(hold, 'pm_card_visa');
    if (order.status !== 'paid') {
      tally.fault('An order with a good card was not paid.', JSON.stringify(order));
      throw new GaveUp();
    }
    tally.count('paid');
    this.#sale.orderPaid();
    await this.#fetchTickets(order.orderId, hold.seats);
    await this.#expectGoodbye('a purchase');
  }

  async #hold(): Promise<Message<'hold_granted'> | undefined> {
    const { tally } = this.#sale;
    const auditor = this.#sale.auditorOf(this.eventId);
    const count = 1 + Math.floor(Math.random() * this.#sale.seatsMaxOf(this.eventId));
    for (let attempt = 1; attempt <= HOLD_ATTEMPTS_MAX; attempt += 1) {
      const startedMs = performance.now();
      // Half of them point at seats on the map, as it is known a moment ago; in need all take what is best.
      const seats = attempt <= 3 && Math.random() < 0.5 ? auditor.freeSeats(count) : undefined;
      const answer = await this.#ask(
        seats === undefined ? { type: 'hold_best', count: attempt > 6 ? 1 : count } : { type: 'hold', seats },
      );
      if (answer.type === 'hold_granted') {
        tally.time('hold', performance.now() - startedMs);
        this.#holdId = answer.holdId;
        return answer;
      }
      if (answer.type !== 'hold_denied' || !DENIALS_OF_A_RUSH.has(answer.code)) {
        tally.fault('A hold was refused for no good reason.', JSON.stringify(answer));
        throw new GaveUp();
      }
      tally.count('seats were taken');
      if (this.#sale.isSoldOut(this.eventId)) return undefined;
      // What is locked by others may come back; by and by the wish becomes modest.
      await sleep(50 * attempt * (0.5 + Math.random()));
    }
    if (auditor.available > 0) {
      tally.fault(
        'No seat was to be had although the map has free ones.',
        `event ${this.eventId}, ${auditor.available} free`,
      );
    }
    return undefined;
  }

  async #order(hold: Message<'hold_granted'>, method: string): Promise<Message<'order_updated'>> {
    const { tally } = this.#sale;
    const key = randomUUID();
    const auditor = this.#sale.auditorOf(this.eventId);
    auditor.expectSold(hold.seats, performance.now());
    const startedMs = performance.now();
    const reply = await this.#call('order accepted', 'POST', '/orders', this.#admission!.admissionToken, {
      key,
      body: {
        eventId: this.eventId,
        holdId: hold.holdId,
        buyer: { name: 'Load Test', email: 'load.test@example.org' },
        payment: { method },
      },
    });
    if (reply.status !== 202) {
      const lost = ['unknown_hold', 'hold_expired', 'seats_taken'].includes(reply.body?.code);
      auditor.forget(hold.seats);
      throw this.#unexpected(lost ? 'POST orders (a hold was lost)' : 'POST orders', reply);
    }
    tally.count('ordered');
    const { orderId } = reply.body;
    const outcome = await within(
      ORDER_TIMEOUT_MS,
      new Promise<Message<'order_updated'>>((resolve) => {
        const known = this.#settled.get(orderId);
        if (known) resolve(known);
        else this.#orders.set(orderId, resolve);
      }),
      this.#closed.promise,
    );
    if (outcome === 'late') {
      tally.fault(`An order was not settled within ${ORDER_TIMEOUT_MS / 1_000} s.`, orderId);
      throw new GaveUp();
    }
    if (outcome === 'gone') return this.#readOutcome(orderId);
    if (outcome.status === 'paid') tally.time('order to paid', performance.now() - startedMs);
    else auditor.forget(hold.seats);
    return outcome;
  }

  /** The socket went before it told of the order: a fault, but the order is read all the same. */
  async #readOutcome(orderId: string): Promise<Message<'order_updated'>> {
    this.#sale.tally.fault('A socket was closed before it told how the order went.', orderId);
    const { body } = await this.#call('order read', 'GET', `/orders/${orderId}`, this.#token);
    return { type: 'order_updated', orderId, status: (body as OrderView).status };
  }

  async #fetchTickets(orderId: string, seats: readonly number[]): Promise<void> {
    const { tally } = this.#sale;
    const reply = await this.#call('tickets listed', 'GET', `/orders/${orderId}`, this.#token);
    if (reply.status !== 200) throw this.#unexpected('GET orders', reply);
    const order = reply.body as OrderView;
    const got = order.tickets.map(({ seat }) => seat).sort(byNumber);
    if (order.status !== 'paid' || got.join() !== [...seats].sort(byNumber).join()) {
      tally.fault(
        'A paid order lacks tickets.',
        `${orderId}: held ${seats.join()}, tickets for ${got.join()}`,
      );
    }
    tally.count('tickets', got.length);
    const ticketIds = order.tickets.map(({ ticketId }) => ticketId);
    this.#sale.sales.push({ eventId: this.eventId, orderId, seats: [...order.seats], ticketIds });
  }

  /** Leaves the room, as whoever is done does. */
  async leave(): Promise<void> {
    if (this.#admission === undefined || !this.socket?.isOpen) return;
    this.#mayClose = true;
    const path = `/events/${this.eventId}/admission`;
    const reply = await this.#call('leave', 'DELETE', path, this.#admission.admissionToken);
    if (reply.status !== 204) throw this.#unexpected('DELETE admission', reply);
    await this.#expectGoodbye('leaving the room');
  }

  async #leaveLine(): Promise<void> {
    const path = `/events/${this.eventId}/line/me`;
    const reply = await this.#call('leave the line', 'DELETE', path, this.#token);
    if (reply.status !== 204) throw this.#unexpected('DELETE line/me', reply);
  }

  async #expectGoodbye(after: string): Promise<void> {
    const code = await within(GOODBYE_TIMEOUT_MS, this.#closed.promise);
    if (code === CLOSE.admissionEnded) return;
    this.#sale.tally.fault(
      `After ${after} a socket ${code === 'late' ? 'stayed open' : `was closed with ${code}, not 4500`}.`,
      `event ${this.eventId}`,
    );
  }

  #hear(message: ServerMessage): void {
    const { tally } = this.#sale;
    if (message.type === 'hold_granted' || message.type === 'hold_denied' || message.type === 'error') {
      if (message.ref === undefined) return;
      this.#answers.get(message.ref)?.(message);
      this.#answers.delete(message.ref);
    } else if (message.type === 'order_updated' && message.status !== 'pending') {
      const waiting = this.#orders.get(message.orderId);
      if (waiting === undefined) this.#settled.set(message.orderId, message);
      this.#orders.delete(message.orderId);
      waiting?.(message);
    } else if (
      message.type === 'hold_ended' &&
      message.reason !== 'sold' &&
      message.holdId === this.#holdId
    ) {
      tally.fault(
        `A hold was lost: ${message.reason}.`,
        `event ${this.eventId}, seats ${message.seats.join()}`,
      );
    } else if (message.type === 'notice' && message.code === 'degraded') {
      tally.fault('The house said that it is degraded.', message.message);
    }
  }

  async #ask(
    question: { type: 'hold'; seats: number[] } | { type: 'hold_best'; count: number },
  ): Promise<ServerMessage> {
    const ref = ++this.#ref;
    const answered = new Promise<ServerMessage>((resolve) => this.#answers.set(ref, resolve));
    this.socket!.send({ ...question, ref });
    const answer = await within(ANSWER_TIMEOUT_MS, answered, this.#closed.promise);
    if (answer === 'late' || answer === 'gone') {
      this.#sale.tally.fault(
        'A hold got no answer.',
        answer === 'late' ? 'within 30 s' : 'the socket was closed',
      );
      throw new GaveUp();
    }
    return answer;
  }

  async #call(
    step: string,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    token?: string,
    more: { body?: unknown; key?: string } = {},
  ): Promise<Reply> {
    try {
      const reply = await this.#sale.http.ask({ method, path, token, address: this.#address, ...more });
      this.#sale.tally.time(step, reply.ms);
      return reply;
    } catch (error) {
      this.#sale.tally.fault(
        `${method} ${path.replace(/[0-9a-f-]{36}/, ':id')} got no answer.`,
        (error as Error).message,
      );
      throw new GaveUp();
    }
  }

  #unexpected(what: string, { status, text }: Reply): GaveUp {
    this.#sale.tally.fault(`${what} was answered ${status}.`, `event ${this.eventId}: ${text}`);
    return new GaveUp();
  }

  static isGaveUp(error: unknown): boolean {
    return error instanceof GaveUp;
  }
}

/** Refusals that a rush brings with it. */
const DENIALS_OF_A_RUSH: ReadonlySet<string> = new Set(['seats_taken', 'no_adjacent_seats', 'sold_out']);

const byNumber = (a: number, b: number) => a - b;

/** The first of: the promise's value, `late`, or `gone` where `end` is first. */
async function within<T>(
  ms: number,
  promise: Promise<T>,
  end?: Promise<unknown>,
): Promise<T | 'late' | 'gone'> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), ms);
  // What came in the same turn as the end counts: the answer is looked at first.
  const result = await Promise.race([
    promise,
    late.promise,
    ...(end ? [end.then(() => 'gone' as const)] : []),
  ]);
  clearTimeout(timer);
  return result;
}
