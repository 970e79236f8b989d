/** Shapes that several routes share. Answers are declared so that they are typed, documented and fast. */
import { type TSchema, Type } from 'typebox';
import { ERRORS, type ErrorCode } from '../../shared/domain/errors.ts';
import { ON_SALE_STATES, type OnSaleState } from '../../shared/domain/on-sale.ts';
import { PLACE_STATES, type PlaceState } from '../../shared/domain/place.ts';
import type { Challenge } from '../../shared/protocol/http.ts';

/** One of these words. */
export const Words = <const W extends readonly string[]>(words: W) =>
  Type.Unsafe<W[number]>({ type: 'string', enum: [...words] });

/** A whole number or null, in the one form that serializes without trying alternatives. */
export const NullableInteger = Type.Unsafe<number | null>({ type: ['integer', 'null'] });
export const NullableString = Type.Unsafe<string | null>({ type: ['string', 'null'] });

/** An answer without a body. */
export const nothing = (description = 'Done.') => Type.Unsafe<undefined>({ type: 'null', description });

/** An answer that is made ahead and sent as it is; the schema is for the document. */
export const ready = (schema: TSchema) => Type.Unsafe<Buffer>({ ...schema });

export const AtMs = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const Seat = Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 });

export const EventParams = Type.Object({
  eventId: Type.Integer({ description: 'The number of the event.' }),
});

export const HoldParams = Type.Object({
  eventId: Type.Integer(),
  holdId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
});

/** Every error answer. Details stand beside the three fields that are always there. */
export const ErrorAnswer = Type.Object(
  { code: Type.String(), message: Type.String(), requestId: Type.String() },
  { additionalProperties: true, description: 'The code is the contract; the message is for people.' },
);

/** The error answers that a route may give, by status, for its `response`. */
export function errorAnswers(...codes: ErrorCode[]): Record<number, TSchema> {
  const byStatus = new Map<number, string[]>([
    [400, ['bad_request']],
    [500, ['internal']],
    [503, ['unavailable']],
  ]);
  for (const code of codes) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answers: Record<number, TSchema> = {};
  for (const [status, names] of byStatus) {
    answers[status] = { ...ErrorAnswer, description: [...new Set(names)].join(', ') };
  }
  return answers;
}

export const SeatCountsView = Type.Object({
  total: Type.Integer(),
  available: Type.Integer(),
  locked: Type.Integer(),
  sold: Type.Integer(),
  blocked: Type.Integer(),
});

export const LineCounts = Type.Object({ waiting: Type.Integer(), inside: Type.Integer() });

export const OnSaleStateWord = Type.Unsafe<OnSaleState>({ type: 'string', enum: [...ON_SALE_STATES] });

export const PlaceView = Type.Object({
  state: Type.Unsafe<PlaceState>({ type: 'string', enum: [...PLACE_STATES] }),
  number: Type.Integer(),
  position: NullableInteger,
  estimatedWaitMs: NullableInteger,
  latestWaitMs: NullableInteger,
  claimByMs: NullableInteger,
  draw: Type.Optional(
    Type.Object(
      { number: Type.Integer(), receipt: Type.String(), commitment: Type.String() },
      { description: 'For those who were in the lobby: what to keep, and to hold against the draw.' },
    ),
  ),
});

export const BoardView = Type.Object({
  state: OnSaleStateWord,
  opensAtMs: NullableInteger,
  waiting: Type.Integer(),
  inside: Type.Integer(),
  capacity: Type.Integer(),
  ratePerMinute: Type.Integer(),
  calledThrough: Type.Integer(),
  segments: Type.Array(Type.Object({ from: Type.Integer(), to: Type.Integer(), waiting: Type.Integer() })),
  availableSeats: Type.Integer(),
  message: Type.String(),
  updatedAtMs: AtMs,
});

/** Sent as it was made: its signature is over every field. */
export const ChallengeView = Type.Object({
  parameters: Type.Unsafe<Challenge['parameters']>({ type: 'object', additionalProperties: true }),
  signature: Type.Optional(Type.String()),
});

/** Which tokens a route wants, for the document. */
export const WANTS = {
  visitor: [{ visitorToken: [] }, { visitorCookie: [] }],
  account: [{ accountToken: [] }, { accountCookie: [] }],
  admission: [{ admissionToken: [] }],
} as const;
