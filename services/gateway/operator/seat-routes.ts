/** Operators and seats: keeping them back, giving them free, seeing who holds what. Rules OP. */
import { Type } from 'typebox';
import { storeBlocked } from '../../../db/events.ts';
import { listHolds } from '../../../lua/read-holds.ts';
import { blockSeats, releaseSeats, unblockSeats } from '../../../lua/set-seats.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import { SEATS_PER_EVENT_MAX } from '../../../shared/domain/plan.ts';
import type { App, Deps } from '../deps.ts';
import { AtMs, EventParams, errorAnswers, Seat, WANTS, Words } from '../schemas.ts';
import { OPERATOR_FAULTS } from './event-routes.ts';

const SeatsBody = Type.Object({
  seats: Type.Array(Seat, { minItems: 1, maxItems: SEATS_PER_EVENT_MAX }),
});
const SeatsAnswer = Type.Object({
  changed: Type.Array(Type.Integer()),
  refused: Type.Array(Type.Integer(), { description: 'Sold, held or being paid for: left as they are.' }),
});
const HoldsAnswer = Type.Object({
  holds: Type.Array(
    Type.Object({
      holdId: Type.String(),
      visitorId: Type.String(),
      admissionId: Type.String(),
      seats: Type.Array(Type.Integer()),
      expiresAtMs: AtMs,
      state: Words(['held', 'paying']),
      orderId: Type.Optional(Type.String()),
    }),
  ),
});

const ACTIONS = [
  { word: 'block', past: 'blocked', run: blockSeats, summary: 'Keep available seats back' },
  { word: 'unblock', past: 'unblocked', run: unblockSeats, summary: 'Put blocked seats on sale again' },
  { word: 'release', past: 'released', run: releaseSeats, summary: 'Take locked seats from their holders' },
] as const;

/** Routes for seats and holds. */
export function operatorSeatRoutes(app: App, deps: Deps): void {
  const { db, store, redis } = deps;

  for (const { word, past, run, summary } of ACTIONS) {
    app.post(
      `/admin/events/:eventId/seats/${word}` as '/admin/events/:eventId/seats/block',
      {
        schema: {
          tags: ['operators'],
          summary,
          params: EventParams,
          body: SeatsBody,
          security: WANTS.account,
          response: {
            200: SeatsAnswer,
            ...errorAnswers(...OPERATOR_FAULTS, 'unknown_event', 'unknown_seat'),
          },
        },
      },
      async (request) => {
        const { accountId: actor } = request.operator;
        const { eventId } = request.params;
        const { seats } = request.body;
        const { seatCount } = await store.get(eventId);
        // Judged here for all of them: the script takes them in parts, and none may be done when one is wrong.
        const unknown = seats.filter((seat) => seat < 0 || seat >= seatCount);
        if (unknown.length > 0) throw new UsherError('unknown_seat', { seats: unknown.slice(0, 100) });
        const { changed, refused } = await store.run(eventId, () => run(redis, eventId, seats));
        const line = {
          actor,
          action: `seats_${past}`,
          details: { count: changed.length, seats: changed.slice(0, 1_000), refused: refused.length },
        };
        await storeBlocked(db, eventId, word === 'release' ? [] : changed, word === 'block', line);
        return { changed, refused };
      },
    );
  }

  app.get(
    '/admin/events/:eventId/holds',
    {
      schema: {
        tags: ['operators'],
        summary: 'Who holds which seats until when',
        params: EventParams,
        security: WANTS.account,
        response: { 200: HoldsAnswer, ...errorAnswers(...OPERATOR_FAULTS, 'unknown_event') },
      },
    },
    async (request) => {
      const { eventId } = request.params;
      await store.get(eventId);
      const holds = await store.run(eventId, () => listHolds(redis, eventId));
      return { holds };
    },
  );
}
