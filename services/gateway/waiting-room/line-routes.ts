/** The line: joining, the own place, the board, leaving. Rules AD. */
import { Type } from 'typebox';
import { joinLine } from '../../../lua/join-line.ts';
import { leaveLine } from '../../../lua/leave-line.ts';
import { readPlace } from '../../../lua/read-place.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { Joined } from '../../../shared/protocol/http.ts';
import type { App, Deps } from '../deps.ts';
import { etagFits } from '../events/seat-maps.ts';
import { optionalVisitor, requireVisitor, setTokenCookie, VISITOR_COOKIE } from '../plugins/auth.ts';
import { BoardView, EventParams, errorAnswers, nothing, PlaceView, ready, WANTS } from '../schemas.ts';
import type { Admitter } from './admitter.ts';
import type { Boards } from './boards.ts';

/** Routes of the line. */
export function lineRoutes(app: App, deps: Deps, boards: Boards, admitter: Admitter | undefined): void {
  const { config, store, redis, tokens, metrics } = deps;

  app.post(
    '/events/:eventId/line',
    {
      config: { ...app.limits.byAddress(config.JOINS_PER_MINUTE), quiet: true },
      schema: {
        tags: ['line'],
        summary: 'Join the line, or the lobby before opening',
        description: 'Whoever has a place keeps it. The visitor token comes in the body and as a cookie.',
        params: EventParams,
        security: [{}, ...WANTS.visitor],
        response: {
          201: Type.Object({ visitorToken: Type.String(), place: PlaceView }),
          ...errorAnswers('bad_token', 'wrong_token', 'unknown_event', 'not_on_sale', 'rate_limited'),
        },
      },
    },
    async (request, reply): Promise<Joined> => {
      const { eventId } = request.params;
      const known = optionalVisitor(request) ?? null;
      await store.get(eventId);
      const { visitorId, place } = await store.run(eventId, () => joinLine(redis, eventId, known));
      metrics.joins.inc({ event: eventId });
      if (place.state === 'waiting') admitter?.nudge(eventId);
      const visitorToken = tokens.signVisitor(visitorId);
      setTokenCookie(request, reply, VISITOR_COOKIE, visitorToken);
      reply.code(201).header('cache-control', 'no-store');
      return { visitorToken, place };
    },
  );

  app.get(
    '/events/:eventId/line/me',
    {
      schema: {
        tags: ['line'],
        summary: 'The exact place of a visitor; asking says that it is still there',
        params: EventParams,
        security: WANTS.visitor,
        response: {
          200: PlaceView,
          ...errorAnswers('no_token', 'bad_token', 'wrong_token', 'unknown_event', 'no_place'),
        },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      const visitorId = requireVisitor(request);
      await store.get(eventId);
      const place = await store.run(eventId, () => readPlace(redis, eventId, visitorId));
      if (place === undefined) throw new UsherError('no_place');
      setTokenCookie(request, reply, VISITOR_COOKIE, tokens.signVisitor(visitorId));
      reply.header('cache-control', 'no-store');
      return place;
    },
  );

  app.get(
    '/events/:eventId/line',
    {
      schema: {
        tags: ['line'],
        summary: 'The board: how far the line has been called, and how many wait in each range of numbers',
        params: EventParams,
        response: {
          200: ready(BoardView),
          304: nothing('Nothing but the time has changed.'),
          ...errorAnswers('unknown_event'),
        },
      },
    },
    async (request, reply) => {
      const ready = boards.get(request.params.eventId);
      const { body, etag } = 'body' in ready ? ready : await ready;
      reply.header('cache-control', 'public, max-age=1').header('etag', etag);
      if (etagFits(request.headers['if-none-match'], etag.slice(2))) return reply.code(304).send();
      return reply.type('application/json; charset=utf-8').send(body);
    },
  );

  app.delete(
    '/events/:eventId/line/me',
    {
      schema: {
        tags: ['line'],
        summary: 'Leave the line, or the room; everybody behind moves up',
        params: EventParams,
        security: WANTS.visitor,
        response: {
          204: nothing(),
          ...errorAnswers('no_token', 'bad_token', 'wrong_token', 'unknown_event', 'no_place'),
        },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      const visitorId = requireVisitor(request);
      await store.get(eventId);
      const outcome = await store.run(eventId, () => leaveLine(redis, eventId, visitorId));
      if (outcome === 'no_place') throw new UsherError('no_place');
      return reply.code(204).send();
    },
  );
}
