/** Browsing: the list, one event, its static map, its live states. */
import { Type } from 'typebox';
import type { EventCounts } from '../../../lua/read-counts.ts';
import { readSnapshot } from '../../../lua/read-snapshot.ts';
import { ACCESS_KINDS, ON_SALE_STATES } from '../../../shared/domain/on-sale.ts';
import type { EventDetails, EventSummary } from '../../../shared/protocol/http.ts';
import { bitsToBase64 } from '../../../shared/protocol/seat-bits.ts';
import type { App, Deps } from '../deps.ts';
import {
  AtMs,
  EventParams,
  errorAnswers,
  LineCounts,
  NullableInteger,
  NullableString,
  nothing,
  OnSaleStateWord,
  ready,
  SeatCountsView,
  Words,
} from '../schemas.ts';
import { after, filterEvents, readCursor, writeCursor } from './browse.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';
import { liveCounts } from './live-counts.ts';
import { chooseEncoding, etagFits, SeatMaps } from './seat-maps.ts';

/** Events on one page of the list, unless fewer or more are asked for. */
const PAGE_EVENTS = 50;
const PAGE_EVENTS_MAX = 200;

const Summary = {
  eventId: Type.Integer(),
  name: Type.String(),
  venue: Type.String(),
  startsAtMs: Type.Integer(),
  currency: Type.String(),
  priceMinor: Type.Object({ min: Type.Integer(), max: Type.Integer() }),
  status: OnSaleStateWord,
  opensAtMs: NullableInteger,
  seats: SeatCountsView,
  line: LineCounts,
};

const OnSaleView = Type.Object({
  state: OnSaleStateWord,
  lobbyOpensAtMs: NullableInteger,
  opensAtMs: NullableInteger,
  presaleOpensAtMs: NullableInteger,
  waitingRoom: Words(['on', 'off']),
  access: Words(ACCESS_KINDS),
  challenge: Words(['off', 'on']),
  capacity: Type.Integer(),
  ratePerMinute: Type.Integer(),
  admissionMs: Type.Integer(),
  claimMs: Type.Integer(),
  holdMs: Type.Integer(),
  paymentMs: Type.Integer(),
  seatsPerVisitorMax: Type.Integer(),
  message: Type.String(),
});

/** Not checked when sent: the plan was when it was stored. */
const SeatMapView = Type.Object({
  eventId: Type.Integer(),
  name: Type.String(),
  currency: Type.String(),
  width: Type.Number(),
  height: Type.Number(),
  focus: Type.Array(Type.Number()),
  seatCount: Type.Integer(),
  categories: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      color: Type.String(),
      priceMinor: Type.Integer(),
    }),
  ),
  sections: Type.Array(Type.Unknown({ description: 'Rows of seats, or a pool of places that are alike.' })),
  fixtures: Type.Array(Type.Unknown()),
});

const Query = Type.Object({
  q: Type.Optional(Type.String({ maxLength: 200, description: 'Words in the name or the venue.' })),
  venue: Type.Optional(Type.String({ maxLength: 200 })),
  from: Type.Optional(Type.Integer({ description: 'Beginning not before, in Unix milliseconds.' })),
  to: Type.Optional(Type.Integer({ description: 'Beginning not after, in Unix milliseconds.' })),
  status: Type.Optional(Words(ON_SALE_STATES)),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_EVENTS_MAX, default: PAGE_EVENTS })),
  cursor: Type.Optional(Type.String({ maxLength: 64 })),
});

function summary(entry: CatalogueEntry, live: EventCounts): EventSummary {
  return {
    eventId: entry.eventId,
    name: entry.name,
    venue: entry.venueName,
    startsAtMs: entry.startsAtMs,
    currency: entry.currency,
    priceMinor: entry.priceMinor,
    status: live.state,
    opensAtMs: entry.onSale.opensAtMs,
    seats: live.seats,
    line: live.line,
  };
}

/** Routes for browsing. */
export function eventRoutes(app: App, deps: Deps, catalogue: Catalogue): void {
  const maps = new SeatMaps(deps.store);

  app.get(
    '/events',
    {
      schema: {
        tags: ['events'],
        summary: 'Browse events, soonest first, each with live counts',
        querystring: Query,
        response: {
          200: Type.Object({ events: Type.Array(Type.Object(Summary)), nextCursor: NullableString }),
          ...errorAnswers(),
        },
      },
    },
    async ({ query }) => {
      const limit = query.limit ?? PAGE_EVENTS;
      let entries = filterEvents(await catalogue.all(), query);
      if (query.cursor !== undefined) entries = after(entries, readCursor(query.cursor));
      // The state follows from live counts, so whoever filters by it has all of them counted.
      const counted = query.status === undefined ? entries.slice(0, limit) : entries;
      const live = await liveCounts(deps, counted);
      const fitting = counted.filter(
        ({ eventId }) => query.status === undefined || live.get(eventId)!.state === query.status,
      );
      const page = fitting.slice(0, limit);
      const more = query.status === undefined ? entries.length > limit : fitting.length > limit;
      return {
        events: page.map((entry) => summary(entry, live.get(entry.eventId)!)),
        nextCursor: more ? writeCursor(page.at(-1)!) : null,
      };
    },
  );

  app.get(
    '/events/:eventId',
    {
      schema: {
        tags: ['events'],
        summary: 'One event, its on-sale and its counts',
        params: EventParams,
        response: { 200: Type.Object({ ...Summary, onSale: OnSaleView }), ...errorAnswers('unknown_event') },
      },
    },
    async ({ params: { eventId } }): Promise<EventDetails> => {
      const entry = await catalogue.get(eventId);
      const live = (await liveCounts(deps, [entry])).get(eventId)!;
      return { ...summary(entry, live), onSale: { ...entry.onSale, state: live.state } };
    },
  );

  app.get(
    '/events/:eventId/seats',
    {
      schema: {
        tags: ['events'],
        summary: 'The static map: categories, sections, rows, seats',
        description: 'Never changes; every seat has an `index` from 0 that is its name everywhere else.',
        params: EventParams,
        response: {
          200: ready(SeatMapView),
          304: nothing('The map is the one you have.'),
          ...errorAnswers('unknown_event'),
        },
      },
    },
    async (request, reply) => {
      const map = await maps.get(request.params.eventId);
      reply
        .header('etag', map.etag)
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('vary', 'accept-encoding');
      if (etagFits(request.headers['if-none-match'], map.etag)) return reply.code(304).send();
      const encoding = chooseEncoding(request.headers['accept-encoding']);
      if (encoding !== 'identity') reply.header('content-encoding', encoding);
      return reply.type('application/json; charset=utf-8').send(map.bytes[encoding]);
    },
  );

  app.get(
    '/events/:eventId/seats/status',
    {
      schema: {
        tags: ['events'],
        summary: 'The live state of every seat',
        description:
          '`states` is base64 of 2 bits a seat, seat 0 in the lowest bits of byte 0: 0 available, 1 locked, 2 sold, 3 blocked.',
        params: EventParams,
        response: {
          200: Type.Object({ epoch: Type.Integer(), offset: AtMs, states: Type.String() }),
          ...errorAnswers('unknown_event'),
        },
      },
    },
    async ({ params: { eventId } }, reply) => {
      await deps.store.get(eventId);
      const { epoch, offset, bits } = await deps.store.run(eventId, () => readSnapshot(deps.redis, eventId));
      reply.header('cache-control', 'no-store');
      return { epoch, offset, states: bitsToBase64(bits) };
    },
  );
}
