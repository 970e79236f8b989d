import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../shared/testing/postgres.ts';
import { planFromTemplate } from '../shared/venues/templates/plan-from-template.ts';
import { type Db, openDb } from './client.ts';
import { insertEvent } from './events.ts';
import { markFailed, markPaid, markRefunded, promiseRefund } from './order-outcomes.ts';
import { claimants, claimOrder, type NewOrder, ordersOf, readOrder } from './orders.ts';
import { takePromised } from './outbox.ts';
import { checkIn, deleteDocuments, readDocument, storeDocument, ticketsOf } from './tickets.ts';

let database: TestDatabase;
let db: Db;
let eventId: number;
beforeAll(async () => {
  database = await testDatabase();
  db = openDb(database.url, { poolMax: 20 });
  const made = planFromTemplate({ template: 'theatre', seats: 500, currency: 'EUR' });
  if (!('plan' in made)) throw new Error('no plan');
  eventId = await insertEvent(db.orm, { name: 'E', startsAtMs: Date.now(), plan: made.plan, onSale: {} });
});
afterAll(async () => {
  await db.close();
  await database.close();
});

const newOrder = (seats: readonly number[], over: Partial<NewOrder> = {}): NewOrder => ({
  orderId: randomUUID(),
  eventId,
  visitorId: `v${randomUUID().slice(0, 8)}`,
  accountId: null,
  admissionId: 'a',
  holdId: 'h',
  fence: 7,
  buyerName: 'B',
  buyerEmail: 'b@example.org',
  paymentMethod: 'pm_card_visa',
  currency: 'EUR',
  bodyHash: 'hash',
  payByMs: Date.now() + 60_000,
  items: seats.map((seat) => ({ seat, priceMinor: 4_500, categoryId: 'a' })),
  ...over,
});

const countOf = async (orderId: string): Promise<number[]> => {
  const [row] = await db.sql<{ counts: number[] }[]>`select array[
    (select count(*) from orders where order_id = ${orderId}),
    (select count(*) from order_items where order_id = ${orderId}),
    (select count(*) from claims where order_id = ${orderId}),
    (select count(*) from outbox where order_id = ${orderId})]::int[] as counts`;
  return row!.counts;
};

it('CK2 of 40 orders that race for one seat exactly one claims it, and the others leave nothing behind', async () => {
  const orders = Array.from({ length: 40 }, () => newOrder([5]));
  const outcomes = await Promise.all(orders.map((order) => claimOrder(db, order)));
  expect(outcomes.filter((outcome) => outcome.claimed)).toHaveLength(1);
  expect(outcomes.filter((outcome) => !outcome.claimed && outcome.why === 'seats_taken')).toHaveLength(39);
  const won = outcomes.findIndex((outcome) => outcome.claimed);
  for (const [at, order] of orders.entries()) {
    expect(await countOf(order.orderId)).toEqual(at === won ? [1, 1, 1, 1] : [0, 0, 0, 0]);
  }
  expect(await claimants(db, eventId, [4, 5])).toEqual([
    { seat: 5, orderId: orders[won]!.orderId, state: 'claimed' },
  ]);
});

it('CK2 orders that overlap in some seats claim all of theirs or none, in whatever order they name them', async () => {
  const orders = Array.from({ length: 60 }, (_, at) => {
    const first = 20 + ((at * 7) % 30);
    const seats = [first, first + 1, first + 2, first + 3];
    return newOrder(at % 2 ? seats : seats.toReversed());
  });
  const outcomes = await Promise.all(orders.map((order) => claimOrder(db, order)));
  for (const [at, outcome] of outcomes.entries()) {
    expect(await countOf(orders[at]!.orderId)).toEqual(outcome.claimed ? [1, 4, 4, 1] : [0, 0, 0, 0]);
  }
  expect(outcomes.some((outcome) => outcome.claimed)).toBe(true);
});

it('CK3 twenty claims of one order id make one order', async () => {
  const order = newOrder([100, 101]);
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => claimOrder(db, order)));
  expect(outcomes.filter((outcome) => outcome.claimed)).toEqual([{ claimed: true, amountMinor: 9_000 }]);
  expect(outcomes.filter((outcome) => !outcome.claimed && outcome.why === 'exists')).toHaveLength(19);
  expect(await countOf(order.orderId)).toEqual([1, 2, 2, 1]);
  expect(await readOrder(db, order.orderId)).toMatchObject({ seats: [100, 101], fence: 7, state: 'claimed' });
});

it('CK11 an order is paid once, with one ticket a seat, however many say so at the same time', async () => {
  const order = newOrder([110, 111, 112]);
  await claimOrder(db, order);
  const said = await Promise.all(Array.from({ length: 10 }, () => markPaid(db, order.orderId, 'ref')));
  expect(said.filter(Boolean)).toHaveLength(1);
  expect((await ticketsOf(db, [order.orderId])).map((ticket) => ticket.seat)).toEqual([110, 111, 112]);
  expect(await markFailed(db, order.orderId, 'declined', 'card_declined')).toBe(false);
});

it('CK5 a failed order gives its seats to the next', async () => {
  const order = newOrder([120]);
  await claimOrder(db, order);
  expect(await markFailed(db, order.orderId, 'declined', 'card_declined')).toBe(true);
  expect(await markPaid(db, order.orderId, 'ref')).toBe(false);
  expect(await claimOrder(db, newOrder([120]))).toMatchObject({ claimed: true });
});

it('CK8 a refund is promised once with one line in the audit, and gives the seat to the next', async () => {
  const order = newOrder([130]);
  await claimOrder(db, order);
  expect(await promiseRefund(db, order.orderId, 'op')).toBe('claimed');
  await markPaid(db, order.orderId, 'ref');
  await Promise.all(Array.from({ length: 5 }, () => promiseRefund(db, order.orderId, 'op')));
  const lines = await db.sql`select actor, action from audit where order_id = ${order.orderId}`;
  expect([...lines]).toEqual([{ actor: 'op', action: 'order_refund' }]);
  expect(await markRefunded(db, order.orderId)).toBe(true);
  expect(await markRefunded(db, order.orderId)).toBe(false);
  expect(await ticketsOf(db, [order.orderId])).toEqual([]);
  expect(await claimOrder(db, newOrder([130]))).toMatchObject({ claimed: true });
});

it('CK13 pollers at the same time take each promise once', async () => {
  await db.sql`update outbox set enqueued_at = now()`;
  const orders = Array.from({ length: 30 }, (_, at) => newOrder([200 + at]));
  await Promise.all(orders.map((order) => claimOrder(db, order)));
  const patience = {
    freshMs: 0,
    againMs: { order: 60_000, refund: 60_000, 'issue-tickets': 60_000, mail: 60_000 },
  };
  const taken = (await Promise.all(Array.from({ length: 6 }, () => takePromised(db, patience, 10)))).flat();
  expect(taken.map((row) => row.orderId).toSorted()).toEqual(orders.map((order) => order.orderId).toSorted());
});

it('TK3 a ticket comes in once, whichever of two doors scans it first', async () => {
  const order = newOrder([140]);
  await claimOrder(db, order);
  await markPaid(db, order.orderId, 'ref');
  const [ticket] = await ticketsOf(db, [order.orderId]);
  const scans = await Promise.all(
    ['north', 'south', 'east'].map((door) => checkIn(db, ticket!.ticketId, door)),
  );
  expect(scans.filter((scan) => scan?.already === false)).toHaveLength(1);
  const first = scans.find((scan) => scan?.already === false)!;
  for (const scan of scans) expect(scan?.ticket.checkedInBy).toBe(first.ticket.checkedInBy);
  expect(await checkIn(db, randomUUID(), 'north')).toBeUndefined();
});

it('TK4 documents are kept for paid orders only, and promise the mail once', async () => {
  const order = newOrder([150]);
  await claimOrder(db, order);
  const pdf = new Uint8Array([1, 2, 3]);
  expect(await storeDocument(db, order.orderId, order.orderId, pdf)).toBe(false);
  await markPaid(db, order.orderId, 'ref');
  expect(await storeDocument(db, order.orderId, order.orderId, pdf)).toBe(true);
  expect(await storeDocument(db, order.orderId, order.orderId, pdf)).toBe(true);
  expect(await readDocument(db, order.orderId)).toEqual(Buffer.from(pdf));
  const open = await db.sql`select kind from outbox where order_id = ${order.orderId} and done_at is null`;
  expect(open.map((row) => row.kind)).toEqual(['mail']);
  expect(await deleteDocuments(db, 0)).toMatchObject({ deleted: 1, bytes: 3 });
});

it('CK9 an account sees its own orders and those of browsers that are linked to it, newest first', async () => {
  const accountId = randomUUID();
  await db.sql`insert into accounts (account_id, email, password_hash) values (${accountId}, ${accountId}, 'x')`;
  await db.sql`insert into account_visitors (visitor_id, account_id) values ('linked', ${accountId})`;
  const own = newOrder([160], { accountId });
  const linked = newOrder([161], { visitorId: 'linked' });
  await claimOrder(db, own);
  await claimOrder(db, linked);
  await claimOrder(db, newOrder([162]));
  const seen = await ordersOf(db, { accountId });
  expect(seen.map((order) => order.orderId)).toEqual([linked.orderId, own.orderId]);
  expect(seen[0]).toMatchObject({ eventName: 'E', seats: [161] });
  expect(await ordersOf(db, {})).toEqual([]);
});
