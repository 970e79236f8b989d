/**
 * What the scenario does that is no HTTP request: the seat map over its WebSocket, with the same client as the page. A
 * function that throws ends its visitor, and Artillery counts the message as an error, which fails the run.
 *
 * What was bought is written down as lines of JSON in the file that LOADTEST_SALES_FILE names, one per order, so that the
 * run can look for seats that were sold twice.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { HttpClient } from '../../shared/client/http-client.ts';
import { SeatClient } from '../../shared/client/seat-client.ts';
import { UsherApi } from '../../shared/client/usher-api.ts';
import { SEAT_AVAILABLE, SEAT_SOLD } from '../../shared/domain/seat.ts';
import { CLOSE } from '../../shared/protocol/close-codes.ts';
import type { TicketView } from '../../shared/protocol/http.ts';
import type { Sale } from '../lib/sales-ledger.ts';

/** What this needs of a virtual user of Artillery's. */
type Context = {
  readonly vars: {
    target: string;
    eventId: number;
    address?: string;
    visitorToken?: string;
    placeState?: string;
    admissionToken?: string;
    seatsUrl?: string;
    holdId?: string;
    orderKey?: string;
    orderId?: string;
    tickets?: TicketView[];
  };
  visit?: Visit;
};
type Events = { emit(kind: 'counter' | 'histogram', name: string, value: number): void };

type Visit = {
  readonly map: SeatClient;
  readonly outcomes: Map<string, string>;
  readonly orders: EventTarget;
  seats: readonly number[];
  heldAtMs: number;
};

const MAP_TIMEOUT_MS = 15_000;
const SOLD_TIMEOUT_MS = 30_000;
const WAIT_MS_MAX = 60_000;
const HOLD_ATTEMPTS_MAX = 10;

/** Gives the visitor an address of its own out of 198.18.0.0/15, the range for benchmarks. */
export async function arrive(context: Context): Promise<void> {
  const byte = () => Math.floor(Math.random() * 256);
  context.vars.address = `198.${18 + (byte() & 1)}.${byte()}.${byte()}`;
  await spectator(context);
}

export async function hasJoined(_context: Context, events: Events): Promise<void> {
  events.emit('counter', 'usher.joined', 1);
}

const waitingSinceMs = new WeakMap<Context, number>();

/** Whether to ask for the place once more. Artillery wants a callback here, and looks after each round. */
export function waits(context: Context, next: (again: boolean) => void): void {
  const { placeState } = context.vars;
  const sinceMs = waitingSinceMs.get(context) ?? Date.now();
  waitingSinceMs.set(context, sinceMs);
  next((placeState === 'waiting' || placeState === 'lobby') && Date.now() - sinceMs < WAIT_MS_MAX);
}

export async function wasCalled({ vars: { placeState } }: Context): Promise<void> {
  if (placeState !== 'called') throw new Error(`${placeState} in place of called`);
}

/** Opens the seat map and waits until it is whole. */
export async function watchMap(context: Context, events: Events): Promise<void> {
  const { seatsUrl, admissionToken } = context.vars;
  events.emit('counter', 'usher.admitted', 1);
  const startedMs = performance.now();
  const map = new SeatClient({ url: seatsUrl!, token: () => admissionToken! });
  const visit: Visit = { map, outcomes: new Map(), orders: new EventTarget(), seats: [], heldAtMs: 0 };
  context.visit = visit;
  map.on('hold_ended', ({ reason, seats }) => {
    if (reason !== 'sold') events.emit('counter', 'usher.faults.hold lost', seats.length);
  });
  map.on('order', ({ orderId, status }) => {
    visit.outcomes.set(orderId, status);
    visit.orders.dispatchEvent(new Event(orderId));
  });
  map.on('state', (now) => {
    const gone = now.state === 'reconnecting' || (now.state === 'ended' && now.code >= 4000);
    const isDone = visit.outcomes.size > 0;
    if (!gone || (isDone && now.code === CLOSE.admissionEnded)) return;
    const when = isDone
      ? 'after the purchase'
      : map.feed.isWhole
        ? 'while it watched'
        : 'before its map came';
    events.emit('counter', `usher.faults.socket closed with ${now.code} ${when}`, 1);
  });
  const live = new Promise<void>((resolve) => map.on('map', () => resolve()));
  map.connect();
  await within(MAP_TIMEOUT_MS, live, 'no map');
  events.emit('histogram', 'usher.socket_to_map', performance.now() - startedMs);
  events.emit('counter', 'usher.sockets', 1);
}

/** Holds one to four seats: some point at them on the map, some take what is best. Who is too slow tries again. */
export async function holdSeats(context: Context, events: Events): Promise<void> {
  const visit = context.visit!;
  const { map } = visit;
  const count = 1 + Math.floor(Math.random() * 4);
  for (let attempt = 1; ; attempt += 1) {
    const startedMs = performance.now();
    const picked = attempt <= 3 && Math.random() < 0.5 ? pick(map, count) : undefined;
    try {
      const hold = picked === undefined ? await map.holdBest({ count }) : await map.hold(picked);
      events.emit('histogram', 'usher.hold', performance.now() - startedMs);
      events.emit('counter', 'usher.held', 1);
      visit.seats = hold.seats;
      visit.heldAtMs = performance.now();
      context.vars.holdId = hold.holdId;
      context.vars.orderKey = randomUUID();
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'seats_taken' || attempt === HOLD_ATTEMPTS_MAX) throw new Error(`hold refused: ${code}`);
      events.emit('counter', 'usher.seats_were_taken', 1);
    }
  }
}

/** Free neighbours on the map, from a random seat on. */
function pick({ feed }: SeatClient, count: number): number[] | undefined {
  const start = Math.floor(Math.random() * feed.seatCount);
  for (let first = start; first + count <= feed.seatCount; first += 1) {
    const seats = Array.from({ length: count }, (_, at) => first + at);
    if (seats.every((seat) => feed.stateOf(seat) === SEAT_AVAILABLE)) return seats;
  }
  return undefined;
}

/** Waits to be told that the order is paid, and until somebody else's map shows the seats as sold. */
export async function awaitSold(context: Context, events: Events): Promise<void> {
  const { seats, orders, outcomes, map, heldAtMs } = context.visit!;
  const orderId = context.vars.orderId!;
  if (!outcomes.has(orderId)) {
    const told = new Promise<void>((resolve) =>
      orders.addEventListener(orderId, () => resolve(), { once: true }),
    );
    await within(SOLD_TIMEOUT_MS, told, 'not told how the order went');
  }
  const status = outcomes.get(orderId);
  if (status !== 'paid') throw new Error(`the order became ${status}`);
  events.emit('counter', 'usher.paid', 1);
  events.emit('histogram', 'usher.hold_to_paid', performance.now() - heldAtMs);
  const { feed, on } = await spectator(context);
  const isSold = () => seats.every((seat) => feed.stateOf(seat) === SEAT_SOLD);
  await within(SOLD_TIMEOUT_MS, on(isSold), 'a paid seat did not become sold on the map');
  events.emit('histogram', 'usher.hold_to_sold', performance.now() - heldAtMs);
  map.close();
}

/** Writes the purchase down. */
export async function keepTickets(context: Context, events: Events): Promise<void> {
  const { eventId, orderId, tickets } = context.vars;
  const { seats } = context.visit!;
  const byNumber = (a: number, b: number) => a - b;
  const got = tickets!.map(({ seat }) => seat).sort(byNumber);
  if (got.join() !== [...seats].sort(byNumber).join()) throw new Error('a paid order lacks tickets');
  events.emit('counter', 'usher.tickets', got.length);
  const ticketIds = tickets!.map(({ ticketId }) => ticketId);
  const sale: Sale = { eventId: Number(eventId), orderId: orderId!, seats: got, ticketIds };
  const file = process.env.LOADTEST_SALES_FILE;
  if (file) appendFileSync(file, `${JSON.stringify(sale)}\n`);
}

type Spectator = { readonly feed: SeatClient['feed']; on(isTrue: () => boolean): Promise<void> };

/** One more visitor, who buys nothing and sees on the map what all the others do. One for each of Artillery's workers. */
let watching: Promise<Spectator> | undefined;

function spectator({ vars }: Context): Promise<Spectator> {
  watching ??= watch(vars.target, Number(vars.eventId));
  return watching;
}

async function watch(baseUrl: string, eventId: number): Promise<Spectator> {
  let token: string | undefined;
  const api = new UsherApi(new HttpClient({ baseUrl, bearer: () => token }));
  token = (await api.join(eventId)).visitorToken;
  while ((await api.place(eventId)).state !== 'called') await new Promise((done) => setTimeout(done, 200));
  const { seatsUrl, admissionToken } = await api.enter(eventId);
  const map = new SeatClient({ url: seatsUrl, token: () => admissionToken });
  const waiting = new Set<() => void>();
  const look = () => {
    for (const each of waiting) each();
  };
  map.on('change', look);
  const live = new Promise<void>((resolve) => map.on('map', () => resolve()));
  map.on('map', look);
  map.connect();
  await within(MAP_TIMEOUT_MS, live, 'no map for the spectator');
  return {
    feed: map.feed,
    on: (isTrue) =>
      new Promise((resolve) => {
        const check = () => {
          if (!isTrue()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

async function within<T>(ms: number, promise: Promise<T>, otherwise: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(otherwise)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
