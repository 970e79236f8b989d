/**
 * The tables: everything that is worth money, and nothing else. Redis keeps the rest and can be rebuilt from
 * here. Times are `timestamptz`; money is integer minor units.
 *
 * The judge of every sale is the primary key of `claims`: a seat of an event belongs to one order or to none.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { CodeKind, OnSale } from '../shared/domain/on-sale.ts';
import type { OrderFailure, OrderState } from '../shared/domain/order.ts';
import type { Plan } from '../shared/domain/plan.ts';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** People with a password. Buying needs none. */
export const accounts = pgTable('accounts', {
  accountId: uuid('account_id').primaryKey().defaultRandom(),
  /** Lower case; how people name themselves. */
  email: text('email').notNull().unique(),
  passwordHash: text('password_hash').notNull(),
  role: text('role').$type<'visitor' | 'operator'>().notNull().default('visitor'),
  createdAt: at('created_at').notNull().defaultNow(),
});

/** Which visitors (browsers) an account has logged in from: their orders are the account's. */
export const accountVisitors = pgTable(
  'account_visitors',
  {
    visitorId: text('visitor_id').primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => accounts.accountId),
    linkedAt: at('linked_at').notNull().defaultNow(),
  },
  (t) => [index('account_visitors_account').on(t.accountId)],
);

export const events = pgTable(
  'events',
  {
    eventId: serial('event_id').primaryKey(),
    name: text('name').notNull(),
    venueName: text('venue_name').notNull(),
    startsAt: at('starts_at').notNull(),
    currency: text('currency').notNull(),
    seatCount: integer('seat_count').notNull(),
    plan: jsonb('plan').$type<Plan>().notNull(),
    onSale: jsonb('on_sale').$type<OnSale>().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [index('events_starts_at').on(t.startsAt)],
);

/** Seats that the operator keeps back. */
export const blockedSeats = pgTable(
  'blocked_seats',
  {
    eventId: integer('event_id')
      .notNull()
      .references(() => events.eventId),
    seatIndex: integer('seat_index').notNull(),
  },
  (t) => [primaryKey({ columns: [t.eventId, t.seatIndex] })],
);

/** Codes that let people join, or go first. Only their hashes are kept: whoever reads this table has none of them. */
export const accessCodes = pgTable(
  'access_codes',
  {
    eventId: integer('event_id')
      .notNull()
      .references(() => events.eventId),
    /** The first 32 hexadecimal digits of the SHA-256 of the code; also its name for operators. */
    codeId: text('code_id').notNull(),
    kind: text('kind').$type<CodeKind>().notNull(),
    label: text('label').notNull(),
    /** Places that it is good for; how many it was used for, the line counts. */
    usesMax: integer('uses_max').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    revokedAt: at('revoked_at'),
  },
  (t) => [primaryKey({ columns: [t.eventId, t.codeId] })],
);

/** Where joins come from that get a place which is never called. */
export const parkedOrigins = pgTable(
  'parked_origins',
  {
    eventId: integer('event_id')
      .notNull()
      .references(() => events.eventId),
    /** An address or a network such as 10.0.0.0/8; or words in a user agent. */
    kind: text('kind').$type<'address' | 'user_agent'>().notNull(),
    value: text('value').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.eventId, t.kind, t.value] })],
);

/**
 * The draws of lobbies. A row begins as a secret seed and its published commitment; the draw fills in the rest, once.
 * A line that was drawn has its row for ever; an event that gets another line after it gets another row.
 */
export const draws = pgTable(
  'draws',
  {
    drawId: serial('draw_id').primaryKey(),
    eventId: integer('event_id')
      .notNull()
      .references(() => events.eventId),
    /** SHA-256 of the seed, as hex. */
    commitment: text('commitment').notNull().unique(),
    /** 32 bytes, told to nobody before the draw. */
    seed: bytea('seed').notNull(),
    committedAt: at('committed_at').notNull().defaultNow(),
    /** Which line was drawn, by the moment at which it began. */
    lineEpoch: bigint('line_epoch', { mode: 'number' }),
    firstNumber: integer('first_number'),
    lobbyCount: integer('lobby_count'),
    presentCount: integer('present_count'),
    /** A bit a number, as Redis keeps them. */
    present: bytea('present'),
    root: text('root'),
    orderKey: text('order_key'),
    drawnAt: at('drawn_at'),
  },
  (t) => [
    uniqueIndex('draws_line').on(t.eventId, t.lineEpoch),
    uniqueIndex('draws_open').on(t.eventId).where(sql`${t.drawnAt} is null`),
  ],
);

export const orders = pgTable(
  'orders',
  {
    /** Made from the visitor and the idempotency key, so that a retry names the same order. */
    orderId: uuid('order_id').primaryKey(),
    eventId: integer('event_id')
      .notNull()
      .references(() => events.eventId),
    visitorId: text('visitor_id').notNull(),
    accountId: uuid('account_id').references(() => accounts.accountId),
    admissionId: text('admission_id').notNull(),
    holdId: text('hold_id').notNull(),
    /** The feed's offset at which the hold was granted: a later step with another fence is stale. */
    fence: bigint('fence', { mode: 'number' }).notNull(),
    state: text('state').$type<OrderState>().notNull().default('claimed'),
    failure: text('failure').$type<OrderFailure>(),
    buyerName: text('buyer_name').notNull(),
    buyerEmail: text('buyer_email').notNull(),
    paymentMethod: text('payment_method').notNull(),
    amountMinor: integer('amount_minor').notNull(),
    currency: text('currency').notNull(),
    /** SHA-256 of the request body: the same key with another body is a fault of the caller. */
    bodyHash: text('body_hash').notNull(),
    /** When a payment without an answer ends as `failed`. */
    payBy: at('pay_by').notNull(),
    providerReference: text('provider_reference'),
    /** Whether Redis has been told the outcome; the reconciler looks for `false`. */
    mapTold: boolean('map_told').notNull().default(false),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (t) => [
    index('orders_visitor').on(t.visitorId),
    index('orders_account').on(t.accountId),
    index('orders_open').on(t.state, t.payBy).where(sql`${t.state} in ('claimed', 'authorised')`),
    index('orders_untold').on(t.updatedAt).where(sql`not ${t.mapTold}`),
    index('orders_event').on(t.eventId),
  ],
);

/** What an order is for; stays when a refund gives the seats back. */
export const orderItems = pgTable(
  'order_items',
  {
    orderId: uuid('order_id')
      .notNull()
      .references(() => orders.orderId),
    seatIndex: integer('seat_index').notNull(),
    priceMinor: integer('price_minor').notNull(),
    categoryId: text('category_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.orderId, t.seatIndex] })],
);

export const claims = pgTable(
  'claims',
  {
    eventId: integer('event_id').notNull(),
    seatIndex: integer('seat_index').notNull(),
    orderId: uuid('order_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.eventId, t.seatIndex] }), index('claims_order').on(t.orderId)],
);

export const tickets = pgTable(
  'tickets',
  {
    ticketId: uuid('ticket_id').primaryKey().defaultRandom(),
    orderId: uuid('order_id')
      .notNull()
      .references(() => orders.orderId),
    eventId: integer('event_id').notNull(),
    seatIndex: integer('seat_index').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    checkedInAt: at('checked_in_at'),
    checkedInBy: text('checked_in_by'),
    voidedAt: at('voided_at'),
  },
  (t) => [uniqueIndex('tickets_order_seat').on(t.orderId, t.seatIndex)],
);

/** The documents made of tickets: one a ticket, and one a whole order. Made by jobs, made again on demand. */
export const ticketDocuments = pgTable('ticket_documents', {
  /** A ticket's id or an order's. */
  documentId: uuid('document_id').primaryKey(),
  orderId: uuid('order_id')
    .notNull()
    .references(() => orders.orderId),
  pdf: bytea('pdf').notNull(),
  bytes: integer('bytes').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
});

/**
 * Work that a transaction promised. The row is the truth and BullMQ the accelerator: a poller enqueues what
 * was not enqueued, and the row is marked done by the step that did it.
 */
export const outbox = pgTable(
  'outbox',
  {
    outboxId: bigserial('outbox_id', { mode: 'number' }).primaryKey(),
    kind: text('kind').$type<'order' | 'refund' | 'issue-tickets' | 'mail'>().notNull(),
    orderId: uuid('order_id').notNull(),
    enqueuedAt: at('enqueued_at'),
    doneAt: at('done_at'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex('outbox_once').on(t.orderId, t.kind),
    index('outbox_open').on(t.createdAt).where(sql`${t.doneAt} is null`),
  ],
);

/** Mail that was or will be sent; in the embedded default also what the page's outbox shows. */
export const mails = pgTable(
  'mails',
  {
    mailId: uuid('mail_id').primaryKey().defaultRandom(),
    orderId: uuid('order_id'),
    toAddress: text('to_address').notNull(),
    subject: text('subject').notNull(),
    textBody: text('text_body').notNull(),
    htmlBody: text('html_body').notNull(),
    state: text('state').$type<'queued' | 'sent' | 'failed' | 'kept'>().notNull().default('queued'),
    lastError: text('last_error'),
    createdAt: at('created_at').notNull().defaultNow(),
    sentAt: at('sent_at'),
  },
  (t) => [uniqueIndex('mails_order_subject').on(t.orderId, t.subject)],
);

/** Who did what to money or to an on-sale. Never changed, never deleted. */
export const audit = pgTable(
  'audit',
  {
    auditId: bigserial('audit_id', { mode: 'number' }).primaryKey(),
    at: at('at').notNull().defaultNow(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    eventId: integer('event_id'),
    orderId: uuid('order_id'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [index('audit_event').on(t.eventId, t.auditId)],
);

/** Keys that every process must share: made once by whoever comes first. */
export const secrets = pgTable('secrets', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
});

/** The simulated payment provider's own ledger: what a real one would have on its side. */
export const simulatedPayments = pgTable('simulated_payments', {
  /** The caller's idempotency key. */
  idempotencyKey: text('idempotency_key').primaryKey(),
  reference: text('reference').notNull().unique(),
  method: text('method').notNull(),
  amountMinor: integer('amount_minor').notNull(),
  currency: text('currency').notNull(),
  state: text('state')
    .$type<'erred' | 'pending' | 'authorised' | 'captured' | 'declined' | 'void' | 'refunded'>()
    .notNull(),
  attempts: integer('attempts').notNull().default(0),
  updatedAt: at('updated_at').notNull().defaultNow(),
});
