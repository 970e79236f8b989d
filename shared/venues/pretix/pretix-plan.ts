/**
 * The shape of a pretix seating plan, as its public JSON schema describes it: zones of rows of seats, each
 * positioned relative to what it is in, and areas that are only drawn. Closed objects, as pretix has them:
 * a misspelt field is a fault and not silence.
 */

import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

const closed = { additionalProperties: false } as const;

const Nullable = Type.Unsafe<string | null>({ type: ['string', 'null'] });
const Position = Type.Object({ x: Type.Number(), y: Type.Number() }, closed);
const Uuid = Type.Optional(Type.String());

const SeatShape = Type.Object(
  {
    seat_guid: Type.String(),
    seat_number: Type.String(),
    position: Position,
    category: Type.String(),
    uuid: Uuid,
    start_direction: Type.Optional(Nullable),
    radius: Type.Optional(Type.Integer()),
  },
  closed,
);

const RowShape = Type.Object(
  {
    row_number: Type.String(),
    seats: Type.Array(SeatShape),
    position: Type.Optional(Position),
    row_label: Type.Optional(Nullable),
    seat_label: Type.Optional(Nullable),
    uuid: Uuid,
    row_number_position: Type.Optional(Type.Unsafe<string | null>({ enum: ['start', 'end', 'both', null] })),
  },
  closed,
);

const AreaShape = Type.Object(
  {
    shape: Type.Optional(
      Type.Unsafe<'polygon' | 'rectangle' | 'ellipse' | 'circle' | 'text'>({
        enum: ['polygon', 'rectangle', 'ellipse', 'circle', 'text'],
      }),
    ),
    position: Type.Optional(Position),
    rotation: Type.Optional(Type.Number()),
    color: Type.Optional(Type.String()),
    border_color: Type.Optional(Type.String()),
    uuid: Uuid,
    polygon: Type.Optional(Type.Object({ points: Type.Array(Position) }, closed)),
    rectangle: Type.Optional(Type.Object({ width: Type.Integer(), height: Type.Integer() }, closed)),
    ellipse: Type.Optional(Type.Object({ radius: Position }, closed)),
    circle: Type.Optional(Type.Object({ radius: Type.Integer() }, closed)),
    text: Type.Optional(
      Type.Object(
        {
          text: Type.String(),
          position: Position,
          color: Type.Optional(Type.String()),
          size: Type.Optional(Type.Integer()),
        },
        closed,
      ),
    ),
  },
  closed,
);

const ZoneShape = Type.Object(
  {
    position: Position,
    rows: Type.Array(RowShape),
    name: Type.Optional(Type.String()),
    zone_id: Type.Optional(Type.String()),
    uuid: Uuid,
    areas: Type.Optional(Type.Array(AreaShape)),
  },
  closed,
);

export const PretixPlanSchema = Type.Object(
  {
    name: Type.String(),
    zones: Type.Array(ZoneShape),
    categories: Type.Array(Type.Object({ name: Type.String(), color: Type.Optional(Type.String()) }, closed)),
    size: Type.Object({ width: Type.Integer(), height: Type.Integer() }, closed),
  },
  closed,
);

export type PretixPlan = Static<typeof PretixPlanSchema>;
export type PretixZone = PretixPlan['zones'][number];
export type PretixRow = PretixZone['rows'][number];
export type PretixSeat = PretixRow['seats'][number];
export type PretixArea = NonNullable<PretixZone['areas']>[number];
export type PretixPosition = PretixSeat['position'];

export const pretixPlanValidator = Compile(PretixPlanSchema);
