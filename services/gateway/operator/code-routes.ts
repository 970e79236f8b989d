/** Operators and access codes. Rules OP and AD20 to AD23. */
import { Type } from 'typebox';
import { listCodes, makeCodes, revokeCode } from '../../../db/access-codes.ts';
import { readCodeUses } from '../../../lua/read-code-uses.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import { CODE_KINDS } from '../../../shared/domain/on-sale.ts';
import type { App, Deps } from '../deps.ts';
import {
  AtMs,
  EventParams,
  errorAnswers,
  NullableInteger,
  NullableString,
  nothing,
  WANTS,
  Words,
} from '../schemas.ts';
import { OPERATOR_FAULTS } from './event-routes.ts';

/** Codes made in one call. */
const CODES_MAX = 1_000;
const USES_MAX = 1_000_000;
const PAGE_CODES_MAX = 1_000;

const NewCodesBody = Type.Object(
  {
    kind: Words(CODE_KINDS),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: CODES_MAX, default: 1 })),
    usesMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: USES_MAX,
        default: 1,
        description: 'Places that each is good for.',
      }),
    ),
    label: Type.Optional(Type.String({ maxLength: 200 })),
    code: Type.Optional(
      Type.String({
        minLength: 8,
        maxLength: 100,
        pattern: '^[\\p{L}\\p{N} -]+$',
        description: 'Your own words for a single code; case, spaces and hyphens do not count.',
      }),
    ),
  },
  { additionalProperties: false },
);

const Code = {
  codeId: Type.String({ description: 'Names the code without saying it.' }),
  kind: Words(CODE_KINDS),
  label: Type.String(),
  usesMax: Type.Integer(),
};
const CodeParams = Type.Object({
  ...EventParams.properties,
  codeId: Type.String({ pattern: '^[0-9a-f]{32}$' }),
});

/** Routes for access codes. */
export function operatorCodeRoutes(app: App, deps: Deps): void {
  const { db, store, redis } = deps;

  app.post(
    '/admin/events/:eventId/codes',
    {
      schema: {
        tags: ['operators'],
        summary: 'Make access codes',
        description: 'The answer is the only place where they stand in clear text.',
        params: EventParams,
        body: NewCodesBody,
        security: WANTS.account,
        response: {
          201: Type.Object({ codes: Type.Array(Type.Object({ code: Type.String(), ...Code })) }),
          ...errorAnswers(...OPERATOR_FAULTS, 'unknown_event', 'code_taken'),
        },
      },
    },
    async (request, reply) => {
      const { accountId: actor } = request.operator;
      const { eventId } = request.params;
      const { kind, count = 1, usesMax = 1, label = '', code } = request.body;
      await store.get(eventId);
      const codes = await makeCodes(db, eventId, { kind, count, usesMax, label, code }, actor);
      if (codes === undefined) throw new UsherError('code_taken');
      reply.code(201).header('cache-control', 'no-store');
      return { codes };
    },
  );

  app.get(
    '/admin/events/:eventId/codes',
    {
      schema: {
        tags: ['operators'],
        summary: 'The access codes of an event, and how often each was used',
        params: EventParams,
        querystring: Type.Object({
          limit: Type.Optional(
            Type.Integer({ minimum: 1, maximum: PAGE_CODES_MAX, default: PAGE_CODES_MAX }),
          ),
          afterId: Type.Optional(Type.String({ maxLength: 32 })),
        }),
        security: WANTS.account,
        response: {
          200: Type.Object({
            codes: Type.Array(
              Type.Object({
                ...Code,
                uses: Type.Integer({ description: 'Places of the line as it is now.' }),
                createdAtMs: AtMs,
                revokedAtMs: NullableInteger,
              }),
            ),
            nextAfterId: NullableString,
          }),
          ...errorAnswers(...OPERATOR_FAULTS, 'unknown_event'),
        },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      const { limit = PAGE_CODES_MAX, afterId } = request.query;
      await store.get(eventId);
      const codes = await listCodes(db, eventId, { afterId, limit });
      const ids = codes.map(({ codeId }) => codeId);
      const uses = await store.run(eventId, () => readCodeUses(redis, eventId, ids));
      reply.header('cache-control', 'no-store');
      return {
        codes: codes.map((code, at) => ({ ...code, uses: uses[at]! })),
        nextAfterId: codes.length === limit ? codes.at(-1)!.codeId : null,
      };
    },
  );

  app.delete(
    '/admin/events/:eventId/codes/:codeId',
    {
      schema: {
        tags: ['operators'],
        summary: 'Revoke an access code; the places that it was used for stay',
        params: CodeParams,
        security: WANTS.account,
        response: { 204: nothing(), ...errorAnswers(...OPERATOR_FAULTS, 'not_found') },
      },
    },
    async (request, reply) => {
      const { accountId: actor } = request.operator;
      const { eventId, codeId } = request.params;
      if (!(await revokeCode(db, eventId, codeId, actor))) throw new UsherError('not_found');
      return reply.code(204).send();
    },
  );
}
