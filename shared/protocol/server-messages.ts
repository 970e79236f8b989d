/** What the seat service says over the seat-map socket. Snapshot and delta have a binary form too: codec.ts. */
import { type Static, Type } from 'typebox';
import { ORDER_FAILURES } from '../domain/order.ts';

const Ref = Type.Integer({ minimum: 0 });
const Offset = Type.Integer({ minimum: 0 });
const AtMs = Type.Integer({ minimum: 0 });
const Seats = Type.Array(Type.Integer({ minimum: 0 }));

export const HoldView = Type.Object({
  holdId: Type.String(),
  seats: Seats,
  expiresAtMs: AtMs,
});

/** The first message. Its offset is the client's own where it resumed, else that of the snapshot to come. */
export const Welcome = Type.Object({
  type: Type.Literal('welcome'),
  epoch: Type.Integer(),
  offset: Offset,
  resumed: Type.Boolean(),
  visitorId: Type.String(),
  holds: Type.Array(HoldView),
  admissionExpiresAtMs: AtMs,
  serverTimeMs: AtMs,
});

export const Snapshot = Type.Object({
  type: Type.Literal('snapshot'),
  epoch: Type.Integer(),
  offset: Offset,
  seatCount: Type.Integer(),
  /** Base64 of two bits a seat. */
  states: Type.String(),
});

export const Delta = Type.Object({
  type: Type.Literal('delta'),
  from: Offset,
  offset: Offset,
  changes: Type.Array(
    Type.Object({
      seat: Type.Integer({ minimum: 0 }),
      change: Type.Union([
        Type.Literal('locked'),
        Type.Literal('released'),
        Type.Literal('sold'),
        Type.Literal('blocked'),
      ]),
    }),
  ),
});

export const HoldGranted = Type.Object({
  type: Type.Literal('hold_granted'),
  /** Absent where another socket of the visitor, or an HTTP call, asked. */
  ref: Type.Optional(Ref),
  holdId: Type.String(),
  /** All seats of the hold, those it had before among them. */
  seats: Seats,
  expiresAtMs: AtMs,
});

export const HOLD_DENIED_CODES = [
  'seats_taken',
  'over_limit',
  'not_on_sale',
  'unknown_seat',
  'no_adjacent_seats',
  'rate_limited',
  'unavailable',
] as const;

export const HoldDenied = Type.Object({
  type: Type.Literal('hold_denied'),
  ref: Ref,
  code: Type.Enum(HOLD_DENIED_CODES),
  taken: Type.Optional(Seats),
});

export const HoldEnded = Type.Object({
  type: Type.Literal('hold_ended'),
  ref: Type.Optional(Ref),
  holdId: Type.String(),
  /** The seats that left the hold; where some stay, the hold itself lives on. */
  seats: Seats,
  reason: Type.Union([
    Type.Literal('released'),
    Type.Literal('expired'),
    Type.Literal('sold'),
    Type.Literal('revoked'),
  ]),
});

export const OrderUpdated = Type.Object({
  type: Type.Literal('order_updated'),
  orderId: Type.String(),
  status: Type.Union([
    Type.Literal('pending'),
    Type.Literal('paid'),
    Type.Literal('failed'),
    Type.Literal('refunded'),
  ]),
  failure: Type.Optional(Type.Enum(ORDER_FAILURES)),
});

export const NOTICE_CODES = ['degraded', 'recovered', 'closing_soon', 'operator'] as const;

export const Notice = Type.Object({
  type: Type.Literal('notice'),
  code: Type.Enum(NOTICE_CODES),
  message: Type.String(),
});

/** A message that could not be read or done. The socket stays open until it is abuse. */
export const ErrorMessage = Type.Object({
  type: Type.Literal('error'),
  ref: Type.Optional(Ref),
  code: Type.String(),
  message: Type.String(),
});

export const Pong = Type.Object({ type: Type.Literal('pong'), ref: Ref });

export const ServerMessage = Type.Union([
  Welcome,
  Snapshot,
  Delta,
  HoldGranted,
  HoldDenied,
  HoldEnded,
  OrderUpdated,
  Notice,
  ErrorMessage,
  Pong,
]);

export type ServerMessage = Static<typeof ServerMessage>;
export type HoldDeniedCode = (typeof HOLD_DENIED_CODES)[number];
export type HoldView = Static<typeof HoldView>;
