/** The line: joining, the own place, the board, leaving. Rules AD. */
import { Type } from 'typebox';
import { leaveLine } from '../../../lua/leave-line.ts';
import { readOwnPlace } from '../../../lua/read-place.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { Joined } from '../../../shared/protocol/http.ts';
import type { App, Deps } from '../deps.ts';
import type { Catalogue } from '../events/catalogue.ts';
import { etagFits } from '../events/seat-maps.ts';
import { requireVisitor, setTokenCookie, VISITOR_COOKIE } from '../plugins/auth.ts';
import {
  BoardView,
  ChallengeView,
  EventParams,
  errorAnswers,
  nothing,
  PlaceView,
  ready,
  WANTS,
} from '../schemas.ts';
import type { Admitter } from './admitter.ts';
import type { Boards } from './boards.ts';
import { Challenges } from './challenge.ts';
import type { DrawBook } from './draw-book.ts';
import { JoinBody, JoinDesk } from './join-desk.ts';
import type { JoinWatch } from './join-watch.ts';

/** Routes of the line. */
export function lineRoutes(
  app: App,
  deps: Deps,
  catalogue: Catalogue,
  boards: Boards,
  book: DrawBook,
  watch: JoinWatch,
  admitter: Admitter | undefined,
): void {
  const { config, store, redis, tokens, metrics } = deps;
  const challenges = new Challenges(tokens.secretOf);
  const desk = new JoinDesk(deps, app.limits, challenges, watch);

  app.post(
    '/events/:eventId/line',
    {
      config: { ...app.limits.byAddress(config.JOINS_PER_MINUTE), quiet: true },
      schema: {
        tags: ['line'],
        summary: 'Join the line, or the lobby before opening',
        description:
          'Whoever has a place keeps it. The visitor token comes in the body and as a cookie; it is that of the place’s visitor, which another device of the same account or code may have begun. What the event asks for stands in its `onSale`: an account (as a cookie or Bearer token), a `code`, a `challenge`.',
        params: EventParams,
        body: JoinBody,
        security: [{}, ...WANTS.visitor, ...WANTS.account],
        response: {
          201: Type.Object({ visitorToken: Type.String(), place: PlaceView }),
          ...errorAnswers(
            'bad_token',
            'account_required',
            'wrong_token',
            'code_required',
            'bad_code',
            'challenge_required',
            'bad_challenge',
            'unknown_event',
            'not_on_sale',
            'rate_limited',
          ),
        },
      },
      // Most who join have nothing to say.
      preValidation: async (request) => {
        (request as { body: unknown }).body ??= {};
      },
    },
    async (request, reply): Promise<Joined> => {
      const { eventId } = request.params;
      await store.get(eventId);
      const { visitorId, place, lobby } = await desk.join(request, eventId, request.body);
      metrics.joins.inc({ event: eventId });
      if (place.state === 'waiting') admitter?.nudge(eventId);
      const visitorToken = tokens.signVisitor(visitorId);
      setTokenCookie(request, reply, VISITOR_COOKIE, visitorToken);
      reply.code(201).header('cache-control', 'no-store');
      const draw = await book.ticket(eventId, lobby);
      return { visitorToken, place: draw === undefined ? place : { ...place, draw } };
    },
  );

  app.get(
    '/events/:eventId/line/challenge',
    {
      config: { ...app.limits.byAddress(config.JOINS_PER_MINUTE), quiet: true },
      schema: {
        tags: ['line'],
        summary: 'A proof of work, for whoever joins where the event asks for one',
        description:
          'ALTCHA, version 2. Good for three minutes, one place, and this event. `POST line` takes the solution.',
        params: EventParams,
        response: { 200: ChallengeView, ...errorAnswers('unknown_event', 'rate_limited') },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      const { onSale } = await catalogue.get(eventId);
      reply.header('cache-control', 'no-store');
      return challenges.make(eventId, onSale.challengeDifficulty);
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
      const own = await store.run(eventId, () => readOwnPlace(redis, eventId, visitorId));
      if (own === undefined) throw new UsherError('no_place');
      const draw = await book.ticket(eventId, own.lobby);
      setTokenCookie(request, reply, VISITOR_COOKIE, tokens.signVisitor(visitorId));
      reply.header('cache-control', 'no-store');
      return draw === undefined ? own.place : { ...own.place, draw };
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
