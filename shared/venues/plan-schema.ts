/** The shape of a ready plan, for plans that come over the wire; `checkPlan` judges what is in it. */

import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

const closed = { additionalProperties: false } as const;

const Text = Type.String();
const Point = Type.Tuple([Type.Number(), Type.Number()]);
const Outline = Type.Array(Point);

const Seat = Type.Object(
  {
    index: Type.Integer(),
    label: Text,
    x: Type.Number(),
    y: Type.Number(),
    categoryId: Text,
    trait: Type.Optional(
      Type.Unsafe<'wheelchair' | 'companion' | 'restricted_view'>({
        enum: ['wheelchair', 'companion', 'restricted_view'],
      }),
    ),
    gapBefore: Type.Optional(Type.Literal(true)),
  },
  closed,
);

const SectionCommon = {
  id: Text,
  name: Text,
  entrance: Type.Optional(Text),
  outline: Outline,
  labelAt: Point,
};

const SeatedSection = Type.Object(
  {
    ...SectionCommon,
    kind: Type.Literal('seated'),
    rows: Type.Array(Type.Object({ label: Text, seats: Type.Array(Seat) }, closed)),
  },
  closed,
);

const GeneralSection = Type.Object(
  {
    ...SectionCommon,
    kind: Type.Literal('general'),
    categoryId: Text,
    firstIndex: Type.Integer(),
    capacity: Type.Integer(),
  },
  closed,
);

/** Told apart by `kind` and not by trying both: else each fault of one is told with all of the other. */
const AnySection = Type.Unsafe<Static<typeof SeatedSection> | Static<typeof GeneralSection>>({
  if: { type: 'object', required: ['kind'], properties: { kind: { const: 'general' } } },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word.
  then: GeneralSection,
  else: SeatedSection,
});

const Fixture = Type.Object(
  {
    kind: Type.Unsafe<'stage' | 'entrance' | 'label' | 'shape'>({
      enum: ['stage', 'entrance', 'label', 'shape'],
    }),
    text: Type.Optional(Text),
    outline: Type.Optional(Outline),
    at: Type.Optional(Point),
  },
  closed,
);

export const PlanSchema = Type.Object(
  {
    name: Text,
    currency: Text,
    width: Type.Number(),
    height: Type.Number(),
    focus: Point,
    seatCount: Type.Integer(),
    categories: Type.Array(
      Type.Object({ id: Text, name: Text, color: Text, priceMinor: Type.Integer() }, closed),
    ),
    sections: Type.Array(AnySection),
    fixtures: Type.Array(Fixture),
  },
  closed,
);

export const planValidator = Compile(PlanSchema);

export type PlanOfSchema = Static<typeof PlanSchema>;
