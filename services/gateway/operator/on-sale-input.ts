/** The levers of an on-sale as an operator sends them, with the ranges of the domain. */
import { type Static, type TInteger, type TOptional, Type } from 'typebox';
import {
  ACCESS_KINDS,
  ON_SALE_MESSAGE_CHARS_MAX,
  ON_SALE_RANGES,
  type OnSale,
} from '../../../shared/domain/on-sale.ts';
import { Words } from '../schemas.ts';

type RangeName = keyof typeof ON_SALE_RANGES;

const numbers = Object.fromEntries(
  Object.entries(ON_SALE_RANGES).map(([name, { min, max, default: fallback }]) => [
    name,
    Type.Optional(Type.Integer({ minimum: min, maximum: max, description: `Default ${fallback}.` })),
  ]),
) as Record<RangeName, TOptional<TInteger>>;

const Moment = Type.Optional(
  Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
);

/** Whatever is absent stays, or is the default at first. A word that is none of these is a fault. */
export const OnSaleInput = Type.Object(
  {
    ...numbers,
    opensAtMs: Moment,
    lobbyOpensAtMs: Moment,
    presaleOpensAtMs: Moment,
    paused: Type.Optional(Type.Boolean()),
    message: Type.Optional(Type.String({ maxLength: ON_SALE_MESSAGE_CHARS_MAX })),
    waitingRoom: Type.Optional(Words(['on', 'off'])),
    access: Type.Optional(Words(ACCESS_KINDS)),
    challenge: Type.Optional(Words(['off', 'on'])),
    inventoryAware: Type.Optional(Type.Boolean()),
    seatsPerAdmission: Type.Optional(Type.Number({ minimum: 0.001, maximum: 100 })),
  },
  { additionalProperties: false },
);

/** The settings that an operator's words change. */
export function onSalePatch({ seatsPerAdmission, ...rest }: Static<typeof OnSaleInput>): Partial<OnSale> {
  return {
    ...rest,
    ...(seatsPerAdmission !== undefined && { seatsPerAdmissionMilli: Math.round(seatsPerAdmission * 1_000) }),
  };
}
