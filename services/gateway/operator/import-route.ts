/** `POST /admin/venues/import`: reads a plan and shows what became of it; an event is made of that. Rules OP. */
import { type Static, Type } from 'typebox';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { Plan } from '../../../shared/domain/plan.ts';
import { planFromVenue } from '../../../shared/venues/venue-input.ts';
import type { App } from '../deps.ts';
import { errorAnswers, WANTS } from '../schemas.ts';
import { OPERATOR_FAULTS, PLAN_BYTES_MAX } from './event-routes.ts';

const Query = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$' })),
  defaultPriceMinor: Type.Optional(Type.Integer({ minimum: 0 })),
});

/** The body as a venue: a bare file takes the query's options beside it. */
function asVenue(body: unknown, options: Static<typeof Query>): unknown {
  if (typeof body === 'string') return { csv: body, ...options };
  const bare = typeof body === 'object' && body !== null && 'zones' in body;
  return bare && Object.keys(options).length > 0 ? { pretix: body, ...options } : body;
}

/** The route, in a scope of its own: nobody else reads CSV. */
export function importRoute(parent: App): void {
  parent.register(async (scope) => {
    const app = scope as App;
    app.addContentTypeParser(['text/csv', 'text/plain'], { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    );
    app.post(
      '/admin/venues/import',
      {
        bodyLimit: PLAN_BYTES_MAX,
        schema: {
          tags: ['operators'],
          summary: 'Read a seating plan: pretix JSON, or CSV as text/csv',
          description:
            'Nothing is stored: send the answer’s `plan` as the `venue` of a new event. Options of a CSV file stand in the query, or in JSON beside `csv`.',
          consumes: ['application/json', 'text/csv'],
          body: Type.Unknown(),
          querystring: Query,
          security: WANTS.account,
          response: {
            200: Type.Object({ plan: Type.Unsafe<Plan>({ type: 'object', additionalProperties: true }) }),
            ...errorAnswers(...OPERATOR_FAULTS, 'bad_venue', 'too_large', 'unsupported_media_type'),
          },
        },
      },
      async (request) => {
        const { body, query } = request;
        const made = planFromVenue(asVenue(body, query));
        if ('faults' in made) throw new UsherError('bad_venue', { faults: made.faults });
        return made;
      },
    );
  });
}
