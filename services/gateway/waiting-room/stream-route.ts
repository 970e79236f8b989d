/** `GET /events/:eventId/line/stream`: opens a stream of the line and hands it to LineStreams. */
import { readPlace } from '../../../lua/read-place.ts';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { App, Deps } from '../deps.ts';
import { optionalVisitor } from '../plugins/auth.ts';
import { EventParams, errorAnswers, WANTS } from '../schemas.ts';
import type { LineStreams } from './line-streams.ts';

/** Browsers come back after this long, each a little later or sooner. */
const RETRY_MS = 2_000;

/** The route of the stream. */
export function streamRoute(app: App, deps: Deps, streams: LineStreams): void {
  const { config, store, redis } = deps;
  app.get(
    '/events/:eventId/line/stream',
    {
      // A HEAD would hold a stream open that nobody can read.
      exposeHeadRoute: false,
      schema: {
        tags: ['line'],
        summary: 'Server-sent events of the line',
        description:
          '`board` each second while it changes; `place` when this visitor is called, admitted or too late. Without a visitor, boards only.',
        params: EventParams,
        security: [{}, ...WANTS.visitor],
        produces: ['text/event-stream'],
        response: errorAnswers('bad_token', 'wrong_token', 'unknown_event'),
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      const visitorId = optionalVisitor(request);
      await store.get(eventId);
      if (streams.count >= config.STREAMS_MAX) throw new UsherError('unavailable', { retryAfterMs: 5_000 });
      const place =
        visitorId === undefined
          ? undefined
          : await store.run(eventId, () => readPlace(redis, eventId, visitorId));
      reply.hijack();
      const { raw: response } = reply;
      response.socket?.setNoDelay(true);
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-content-type-options': 'nosniff',
        // Proxies that collect an answer before they pass it on would turn the stream into silence.
        'x-accel-buffering': 'no',
      });
      response.write(`retry: ${Math.round(RETRY_MS * (0.5 + Math.random()))}\n\n`);
      const stream = { response, visitorId, place, wroteAtMs: performance.now() };
      await streams.add(eventId, stream).catch((error: Error) => {
        deps.log.debug({ eventId, err: error.message }, 'a stream could not begin');
        response.end();
      });
    },
  );
}
