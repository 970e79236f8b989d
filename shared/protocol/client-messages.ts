/** What a client says over the seat-map socket. Every message is one JSON object; rules PR in PROTOCOL.md. */
import { type Static, Type } from 'typebox';

/** The client's own number for a question, echoed with the answer. */
const Ref = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const HoldIdField = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
/** More seats than any visitor may have at once are refused before they reach Redis. */
export const SEATS_PER_MESSAGE_MAX = 100;
/** Wider than any house, so that a seat beyond the last is answered `unknown_seat` and not as unreadable. */
const Seat = Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 });
const Seats = Type.Array(Seat, {
  minItems: 1,
  maxItems: SEATS_PER_MESSAGE_MAX,
  uniqueItems: true,
});

export const Hold = Type.Object({
  type: Type.Literal('hold'),
  ref: Ref,
  seats: Seats,
  /** Add to this hold, its deadline unmoved. Absent: a new one. */
  holdId: Type.Optional(HoldIdField),
});

export const HoldBest = Type.Object({
  type: Type.Literal('hold_best'),
  ref: Ref,
  count: Type.Integer({ minimum: 1, maximum: SEATS_PER_MESSAGE_MAX }),
  sectionId: Type.Optional(Type.String({ maxLength: 64 })),
  categoryId: Type.Optional(Type.String({ maxLength: 64 })),
  /** Only wheelchair places with their companions' seats. */
  accessible: Type.Optional(Type.Boolean()),
});

export const Extend = Type.Object({ type: Type.Literal('extend'), ref: Ref, holdId: HoldIdField });

export const Release = Type.Object({
  type: Type.Literal('release'),
  ref: Ref,
  holdId: HoldIdField,
  /** Only these of the hold's seats. Absent: all. */
  seats: Type.Optional(Seats),
});

export const Resync = Type.Object({ type: Type.Literal('resync') });

export const Ping = Type.Object({ type: Type.Literal('ping'), ref: Ref });

export const ClientMessage = Type.Union([Hold, HoldBest, Extend, Release, Resync, Ping]);

export type ClientMessage = Static<typeof ClientMessage>;
