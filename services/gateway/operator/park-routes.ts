/** Operators and places that are never called. Rules OP and AD25. */
import { BlockList } from 'node:net';
import { type Static, Type } from 'typebox';
import { type Origins, readParkedOrigins, storeParkedOrigins } from '../../../db/parked-origins.ts';
import { parkPlaces } from '../../../lua/park-places.ts';
import { readCounts } from '../../../lua/read-counts.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { App, Deps } from '../deps.ts';
import { EventParams, errorAnswers, WANTS } from '../schemas.ts';
import type { Admitter } from '../waiting-room/admitter.ts';
import { addOrigin, type JoinWatch } from '../waiting-room/join-watch.ts';
import { OPERATOR_FAULTS } from './event-routes.ts';

const VISITORS_MAX = 10_000;
const ORIGINS_MAX = 1_000;

const list = (chars: { minLength: number; maxLength: number; pattern?: string }, maxItems: number) =>
  Type.Optional(Type.Array(Type.String(chars), { maxItems }));

const ParkBody = Type.Object(
  {
    visitorIds: list({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$' }, VISITORS_MAX),
    addresses: list({ minLength: 2, maxLength: 64 }, ORIGINS_MAX),
    userAgents: list({ minLength: 4, maxLength: 200 }, ORIGINS_MAX),
  },
  { additionalProperties: false },
);

const ParkAnswer = Type.Object({
  changed: Type.Integer({ description: 'Places that were parked, or that wait again.' }),
});

const DEEDS = [
  {
    word: 'park',
    park: true,
    summary: 'Never call these visitors, nor who joins from these addresses or user agents from now on',
  },
  { word: 'unpark', park: false, summary: 'Let them wait again; whose turn has gone by is called next' },
] as const;

/** Routes for parked places. */
export function operatorParkRoutes(
  app: App,
  deps: Deps,
  watch: JoinWatch,
  admitter: Admitter | undefined,
): void {
  const { db, store, redis } = deps;

  for (const { word, park, summary } of DEEDS) {
    app.post(
      `/admin/events/:eventId/${word}` as '/admin/events/:eventId/park',
      {
        schema: {
          tags: ['operators'],
          summary,
          description:
            'Addresses may be networks such as 10.0.0.0/8; user agents are words in them. Nobody is told.',
          params: EventParams,
          body: ParkBody,
          security: WANTS.account,
          response: { 200: ParkAnswer, ...errorAnswers(...OPERATOR_FAULTS, 'unknown_event') },
        },
      },
      async (request) => {
        const { accountId: actor } = request.operator;
        const { eventId } = request.params;
        const { visitorIds = [] } = request.body;
        const origins = originsOf(request.body);
        await store.get(eventId);
        const details = { ...origins, visitors: visitorIds.length, visitorIds: visitorIds.slice(0, 100) };
        await storeParkedOrigins(db, eventId, origins, park, { actor, details });
        watch.changed(eventId);
        const changed = await store.run(eventId, () => parkPlaces(redis, eventId, visitorIds, park));
        admitter?.nudge(eventId);
        return { changed };
      },
    );
  }

  app.get(
    '/admin/events/:eventId/park',
    {
      schema: {
        tags: ['operators'],
        summary: 'How many places are parked, and which origins',
        params: EventParams,
        security: WANTS.account,
        response: {
          200: Type.Object({
            places: Type.Integer(),
            addresses: Type.Array(Type.String()),
            userAgents: Type.Array(Type.String()),
          }),
          ...errorAnswers(...OPERATOR_FAULTS, 'unknown_event'),
        },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      await store.get(eventId);
      const counts = await store.run(eventId, () => readCounts(redis, [eventId]));
      const { addresses, userAgents } = await readParkedOrigins(db, eventId);
      reply.header('cache-control', 'no-store');
      return {
        places: counts.get(eventId)?.line.parked ?? 0,
        addresses: [...addresses],
        userAgents: [...userAgents],
      };
    },
  );
}

/** The origins of a request. Throws `bad_request` where an address is none. */
function originsOf({ addresses = [], userAgents = [] }: Static<typeof ParkBody>): Origins {
  const wrong = addresses.findIndex((address) => !addOrigin(new BlockList(), address));
  if (wrong >= 0) {
    throw new UsherError('bad_request', {
      details: [{ in: 'body', path: `/addresses/${wrong}`, message: 'must be an address or a network' }],
    });
  }
  return { addresses, userAgents: userAgents.map((words) => words.toLowerCase()) };
}
