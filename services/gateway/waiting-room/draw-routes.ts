/** The draw as everybody may see and check it. Rules AD14 and AD15. */
import { bytesToHex } from '@noble/hashes/utils.js';
import { Type } from 'typebox';
import type { MadeDraw } from '../../../db/draws.ts';
import { hasBit } from '../../../shared/domain/draw/present-bits.ts';
import { receiptOf } from '../../../shared/domain/draw/receipt.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { DrawProof, DrawView } from '../../../shared/protocol/http.ts';
import type { App, Deps } from '../deps.ts';
import { AtMs, EventParams, errorAnswers, ready, Words } from '../schemas.ts';
import type { DrawBook } from './draw-book.ts';

const Hex = Type.String({ pattern: '^[0-9a-f]*$' });
const LineQuery = {
  line: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: '`lineEpoch` of an earlier draw.',
    }),
  ),
};

const DrawAnswer = Type.Object({
  state: Words(['committed', 'drawn']),
  eventId: Type.Integer(),
  commitment: Type.String({ description: 'SHA-256 of the seed, known before anybody joins.' }),
  lineEpoch: Type.Optional(Type.Integer()),
  seed: Type.Optional(Hex),
  firstNumber: Type.Optional(Type.Integer()),
  lobbyCount: Type.Optional(Type.Integer()),
  presentCount: Type.Optional(Type.Integer()),
  root: Type.Optional(Hex),
  orderKey: Type.Optional(Hex),
  drawnAtMs: Type.Optional(AtMs),
  presentUrl: Type.Optional(Type.String()),
});

const ProofAnswer = Type.Object({
  number: Type.Integer(),
  receipt: Hex,
  isPresent: Type.Boolean(),
  place: Type.Integer({ description: 'The number that the draw made of it.' }),
  proof: Type.Array(Hex),
  placeProof: Type.Array(Hex),
  presentCount: Type.Integer(),
});

/** What was drawn never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/** Routes of the draw. */
export function drawRoutes(app: App, { store }: Deps, book: DrawBook): void {
  /** A draw that was made. Throws `not_drawn`. */
  async function madeDraw(eventId: number, line: number | undefined): Promise<MadeDraw> {
    await store.get(eventId);
    const draw = await book.published(eventId, line);
    if (draw?.state !== 'drawn') throw new UsherError('not_drawn');
    return draw;
  }

  app.get(
    '/events/:eventId/draw',
    {
      schema: {
        tags: ['draw'],
        summary: 'The draw of the lobby: before the opening the promise, after it everything',
        description:
          'Before: `state` "committed" and the `commitment`. After: "drawn", with the `seed` and all that follows from it; `npm run verify-draw` and the page check it.',
        params: EventParams,
        querystring: Type.Object(LineQuery),
        response: { 200: DrawAnswer, ...errorAnswers('unknown_event', 'not_drawn') },
      },
    },
    async ({ params: { eventId }, query: { line } }, reply): Promise<DrawView> => {
      await store.get(eventId);
      const draw = await book.published(eventId, line);
      if (draw === undefined) throw new UsherError('not_drawn');
      reply.header('cache-control', 'public, max-age=1');
      if (draw.state === 'committed') return { state: 'committed', eventId, commitment: draw.commitment };
      const presentUrl = `/events/${eventId}/draw/present?line=${draw.record.lineEpoch}`;
      return { state: 'drawn', ...draw.record, presentUrl };
    },
  );

  app.get(
    '/events/:eventId/draw/present',
    {
      schema: {
        tags: ['draw'],
        summary: 'Who was present: one bit a number',
        description: 'Number n is bit 7 - n % 8 of byte n >> 3; numbers outside the lobby are 0.',
        params: EventParams,
        querystring: Type.Object(LineQuery),
        produces: ['application/octet-stream'],
        response: {
          200: ready(Type.String({ format: 'binary' })),
          ...errorAnswers('unknown_event', 'not_drawn'),
        },
      },
    },
    async ({ params: { eventId }, query: { line } }, reply) => {
      const { present } = await madeDraw(eventId, line);
      reply.header('cache-control', line === undefined ? 'public, max-age=1' : FOR_EVER);
      return reply.type('application/octet-stream').send(Buffer.from(present));
    },
  );

  app.get(
    '/events/:eventId/draw/proof',
    {
      schema: {
        tags: ['draw'],
        summary: 'What a visitor needs to check its own place: some forty hashes',
        params: EventParams,
        querystring: Type.Object({
          ...LineQuery,
          number: Type.Integer({
            minimum: 1,
            maximum: 999_999_999,
            description: 'The number of the join: `draw.number` of the place.',
          }),
        }),
        response: { 200: ProofAnswer, ...errorAnswers('unknown_event', 'not_drawn', 'no_place') },
      },
    },
    async ({ params: { eventId }, query: { line, number } }, reply) => {
      const made = await madeDraw(eventId, line);
      const { firstNumber, lobbyCount, presentCount } = made.record;
      if (number < firstNumber || number >= firstNumber + lobbyCount) throw new UsherError('no_place');
      const { tree, numbers } = await book.worked(made);
      const place = numbers[number - firstNumber]!;
      reply.header('cache-control', line === undefined ? 'public, max-age=60' : FOR_EVER);
      return {
        number,
        receipt: receiptOf(made.seed, made.record, number),
        isPresent: hasBit(made.present, number),
        place,
        proof: tree.proof(number).map(bytesToHex),
        placeProof: tree.proof(place).map(bytesToHex),
        presentCount,
      } satisfies DrawProof;
    },
  );
}
