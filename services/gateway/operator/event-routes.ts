/** What operators do to events and on-sales; every step has its line in the audit. Rules OP. */
import { Type } from 'typebox';
import { createEvent, patchOnSale } from '../../../db/events.ts';
import { setOnSale } from '../../../lua/set-on-sale.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { EventId } from '../../../shared/domain/ids.ts';
import type { OnSale } from '../../../shared/domain/on-sale.ts';
import { planFromVenue } from '../../../shared/venues/venue-input.ts';
import type { App, Deps } from '../deps.ts';
import type { Catalogue } from '../events/catalogue.ts';
import { bodyHash, idempotencyKey } from '../idempotency.ts';
import { AtMs, EventParams, errorAnswers, WANTS } from '../schemas.ts';
import type { Admitter } from '../waiting-room/admitter.ts';
import { OnSaleInput, onSalePatch } from './on-sale-input.ts';

/** An imported plan of 100,000 seats as JSON is about 10 MB. */
export const PLAN_BYTES_MAX = 20 * 1024 * 1024;

export const OPERATOR_FAULTS = ['no_token', 'bad_token', 'forbidden', 'wrong_token'] as const;

const NewEventBody = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
  startsAtMs: AtMs,
  venue: Type.Unknown({
    description:
      'A template such as { "template": "arena", "seats": 20000 } or { "template": "general", "seats": 10000 }, or a plan that an import gave.',
  }),
  categories: Type.Optional(Type.Unknown({ description: 'Own price categories in place of the venue’s.' })),
  onSale: Type.Optional(OnSaleInput),
});

const OnSaleAnswer = Type.Object({
  eventId: Type.Integer(),
  onSale: Type.Unsafe<OnSale>({ type: 'object', additionalProperties: true }),
});

/** Routes for events and their on-sales. */
export function operatorEventRoutes(
  app: App,
  deps: Deps,
  catalogue: Catalogue,
  admitter: Admitter | undefined,
): void {
  const { db, store, redis, log } = deps;

  app.post(
    '/admin/events',
    {
      bodyLimit: PLAN_BYTES_MAX,
      schema: {
        tags: ['operators'],
        summary: 'Make an event with its venue and its on-sale',
        body: NewEventBody,
        security: WANTS.account,
        response: {
          200: Type.Object({ eventId: Type.Integer() }, { description: 'The same key: made already.' }),
          201: Type.Object({ eventId: Type.Integer() }),
          ...errorAnswers(...OPERATOR_FAULTS, 'bad_venue', 'too_large', 'idempotency_mismatch'),
        },
      },
    },
    async (request, reply) => {
      const { accountId: actor } = request.operator;
      const { name, startsAtMs, venue, categories, onSale = {} } = request.body;
      const key = idempotencyKey(request);
      const made = planFromVenue(venue, categories);
      if ('faults' in made) throw new UsherError('bad_venue', { faults: made.faults });
      const once = key === undefined ? undefined : { key, bodyHash: bodyHash(request.body) };
      const event = { name: name.trim(), startsAtMs, plan: made.plan, onSale: onSalePatch(onSale) };
      const outcome = await createEvent(db, event, actor, once);
      if ('mismatch' in outcome) throw new UsherError('idempotency_mismatch');
      const { eventId, again } = outcome;
      await catalogue.changed();
      admitter?.nudge(eventId);
      reply.code(again ? 200 : 201);
      return { eventId };
    },
  );

  /** PostgreSQL first, with the audit; then Redis. Asked again after a failure between the two, it heals. */
  const change = async (
    eventId: EventId,
    patch: Partial<OnSale>,
    actor: string,
    action: string,
  ): Promise<{ eventId: EventId; onSale: OnSale }> => {
    const onSale = await patchOnSale(db, eventId, patch, { actor, action });
    if (onSale === undefined) throw new UsherError('unknown_event');
    await catalogue.changed();
    await store.run(eventId, () => setOnSale(redis, eventId, onSale));
    admitter?.nudge(eventId);
    log.info({ eventId, actor, action, ...patch }, 'on-sale changed');
    return { eventId, onSale };
  };

  app.patch(
    '/admin/events/:eventId/on-sale',
    {
      schema: {
        tags: ['operators'],
        summary: 'Turn the levers of an on-sale; what is left out stays',
        params: EventParams,
        body: OnSaleInput,
        security: WANTS.account,
        response: { 200: OnSaleAnswer, ...errorAnswers(...OPERATOR_FAULTS, 'unknown_event') },
      },
    },
    async (request) => {
      const { accountId: actor } = request.operator;
      return change(request.params.eventId, onSalePatch(request.body), actor, 'on_sale_changed');
    },
  );

  const moments = [
    {
      word: 'open',
      summary: 'Open the on-sale now',
      action: 'on_sale_opened',
      patch: (): Partial<OnSale> => ({ opensAtMs: Date.now(), closedAtMs: null, paused: false }),
    },
    {
      word: 'close',
      summary: 'Close the on-sale now',
      action: 'on_sale_closed',
      patch: (): Partial<OnSale> => ({ closedAtMs: Date.now() }),
    },
  ];
  for (const { word, summary, action, patch } of moments) {
    app.post(
      `/admin/events/:eventId/${word}` as '/admin/events/:eventId/open',
      {
        schema: {
          tags: ['operators'],
          summary,
          params: EventParams,
          security: WANTS.account,
          response: { 200: OnSaleAnswer, ...errorAnswers(...OPERATOR_FAULTS, 'unknown_event') },
        },
      },
      async (request) => {
        const { accountId: actor } = request.operator;
        return change(request.params.eventId, patch(), actor, action);
      },
    );
  }
}
