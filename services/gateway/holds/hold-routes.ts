/** Holding seats over HTTP: the same as over the socket, for clients that have none. Rules HO. */
import { Type } from 'typebox';
import { extendHold } from '../../../lua/extend-hold.ts';
import { holdBest } from '../../../lua/hold-best.ts';
import { holdSeats } from '../../../lua/hold-seats.ts';
import { releaseHold } from '../../../lua/release-hold.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import { type HoldId, randomId } from '../../../shared/domain/ids.ts';
import { SEATS_PER_MESSAGE_MAX } from '../../../shared/protocol/client-messages.ts';
import type { HoldAnswer } from '../../../shared/protocol/http.ts';
import type { App, Deps } from '../deps.ts';
import { idempotencyKey } from '../idempotency.ts';
import { admittedOnly } from '../plugins/auth.ts';
import { AtMs, EventParams, errorAnswers, HoldParams, nothing, Seat, WANTS } from '../schemas.ts';
import { bestRequest, holdIdOfKey } from './hold-request.ts';

const Body = Type.Object({
  seats: Type.Optional(Type.Array(Seat, { minItems: 1, maxItems: SEATS_PER_MESSAGE_MAX, uniqueItems: true })),
  holdId: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      description: 'Add to this hold; its deadline stays. Absent: a new one.',
    }),
  ),
  best: Type.Optional(
    Type.Object({
      count: Type.Integer({ minimum: 1, maximum: SEATS_PER_MESSAGE_MAX }),
      sectionId: Type.Optional(Type.String({ maxLength: 64 })),
      categoryId: Type.Optional(Type.String({ maxLength: 64 })),
      accessible: Type.Optional(
        Type.Boolean({ description: "Only wheelchair places with their companions' seats." }),
      ),
    }),
  ),
});

const HoldView = Type.Object({ holdId: Type.String(), seats: Type.Array(Type.Integer()), expiresAtMs: AtMs });
const TOKEN_FAULTS = ['no_token', 'bad_token', 'wrong_token', 'token_expired', 'unknown_event'] as const;

/** Routes of holds. */
export function holdRoutes(app: App, deps: Deps): void {
  const { config, store, redis, metrics } = deps;
  const countAttempt = app.limits.byVisitor(config.HOLDS_PER_MINUTE);

  app.post(
    '/events/:eventId/holds',
    {
      config: { quiet: true },
      onRequest: admittedOnly,
      schema: {
        tags: ['holds'],
        summary: 'Hold these seats, or the best ones: all of them or none',
        description: 'Either `seats` or `best`. With an Idempotency-Key a retry gets the same hold.',
        params: EventParams,
        body: Body,
        security: WANTS.admission,
        response: {
          201: HoldView,
          ...errorAnswers(
            ...TOKEN_FAULTS,
            'admission_ended',
            'unknown_seat',
            'unknown_hold',
            'seats_taken',
            'no_adjacent_seats',
            'over_limit',
            'not_on_sale',
            'sold_out',
            'hold_paying',
            'rate_limited',
          ),
        },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      const { seats, best, holdId: addTo } = request.body;
      const { visitorId, admissionId } = request.admission;
      if ((seats === undefined) === (best === undefined) || (best !== undefined && addTo !== undefined)) {
        throw new UsherError('bad_request', {
          details: [
            { in: 'body', path: '', message: 'must have either seats (with or without holdId) or best' },
          ],
        });
      }
      countAttempt(visitorId);
      const key = idempotencyKey(request);
      const holdId: HoldId = addTo ?? (key === undefined ? randomId() : holdIdOfKey(visitorId, eventId, key));
      const owner = { holdId, visitorId, admissionId };
      const { plan } = await store.get(eventId);
      const outcome = await store.runTwice(eventId, () =>
        best === undefined
          ? holdSeats(redis, eventId, { ...owner, seats: seats!, add: addTo !== undefined })
          : holdBest(redis, eventId, { ...owner, ...bestRequest(plan, best) }),
      );
      metrics.holds.inc({ event: eventId, outcome: outcome.granted ? 'granted' : outcome.code });
      if (!outcome.granted) throw new UsherError(outcome.code, outcome.taken && { taken: outcome.taken });
      reply.code(201).header('cache-control', 'no-store');
      return { holdId, seats: outcome.seats, expiresAtMs: outcome.expiresAtMs } satisfies HoldAnswer;
    },
  );

  app.post(
    '/events/:eventId/holds/:holdId/extension',
    {
      config: { quiet: true },
      onRequest: admittedOnly,
      schema: {
        tags: ['holds'],
        summary: 'Give a hold its full time once more; once, and never past the admission',
        params: HoldParams,
        security: WANTS.admission,
        response: {
          200: Type.Object({ expiresAtMs: AtMs }),
          ...errorAnswers(...TOKEN_FAULTS, 'unknown_hold', 'already_extended', 'hold_paying', 'hold_expired'),
        },
      },
    },
    async (request) => {
      const { eventId, holdId } = request.params;
      const { visitorId } = request.admission;
      const outcome = await store.run(eventId, () => extendHold(redis, eventId, { holdId, visitorId }));
      if (!outcome.extended) throw new UsherError(outcome.code);
      return { expiresAtMs: outcome.expiresAtMs };
    },
  );

  app.delete(
    '/events/:eventId/holds/:holdId',
    {
      config: { quiet: true },
      onRequest: admittedOnly,
      schema: {
        tags: ['holds'],
        summary: 'Give a hold back',
        params: HoldParams,
        security: WANTS.admission,
        response: { 204: nothing(), ...errorAnswers(...TOKEN_FAULTS, 'unknown_hold', 'hold_paying') },
      },
    },
    async (request, reply) => {
      const { eventId, holdId } = request.params;
      const { visitorId } = request.admission;
      const outcome = await store.run(eventId, () => releaseHold(redis, eventId, { holdId, visitorId }));
      if (!outcome.released) throw new UsherError(outcome.code);
      return reply.code(204).send();
    },
  );
}
