/** For whoever runs it: health, readiness, metrics, and the public key of the admission tokens. */
import { Type } from 'typebox';
import { UsherError } from '../../../shared/domain/errors.ts';
import { asyncApiDocument } from '../../../shared/protocol/asyncapi.ts';
import { watchDependencies } from '../../../shared/runtime/metrics.ts';
import type { App, Deps } from '../deps.ts';
import type { Catalogue } from '../events/catalogue.ts';
import { errorAnswers, Words } from '../schemas.ts';
import { seatsUrl } from '../waiting-room/seats-url.ts';
import { EventFigures } from './event-figures.ts';
import { StoreProbe } from './health.ts';

const StoreView = Type.Object({
  state: Words(['up', 'down']),
  ms: Type.Number(),
  error: Type.Optional(Type.String()),
});
const Health = Type.Object({
  status: Words(['ok', 'degraded']),
  service: Type.String(),
  ready: Type.Boolean(),
  uptimeMs: Type.Integer(),
  dependencies: Type.Object({ redis: StoreView, queueRedis: StoreView, postgres: StoreView }),
});

/**
 * @param isReady false while the process starts, and from the moment it was asked to stop.
 * @param jwk the public part of the key that signs admissions.
 */
export function serviceRoutes(
  app: App,
  deps: Deps,
  catalogue: Catalogue,
  isReady: () => boolean,
  jwk: Readonly<Record<string, unknown>>,
): void {
  const probe = new StoreProbe(deps);
  watchDependencies(deps.registry, async () => {
    const { redis, queueRedis, postgres } = await probe.stores();
    return { redis: redis.state, queueRedis: queueRedis.state, postgres: postgres.state };
  });
  const figures = new EventFigures(deps, catalogue);
  const jwks = Buffer.from(JSON.stringify({ keys: [jwk] }));

  app.get(
    '/health',
    {
      schema: { tags: ['service'], summary: 'How the process and its stores are', response: { 200: Health } },
    },
    async (_request, reply) => {
      const dependencies = await probe.stores();
      const degraded = Object.values(dependencies).some(({ state }) => state === 'down');
      reply.header('cache-control', 'no-store');
      return {
        status: degraded ? ('degraded' as const) : ('ok' as const),
        service: 'gateway',
        ready: isReady(),
        uptimeMs: Math.round(process.uptime() * 1_000),
        dependencies,
      };
    },
  );

  app.get(
    '/ready',
    {
      schema: {
        tags: ['service'],
        summary: 'Whether the process should get traffic',
        response: { 200: Type.Object({ ready: Type.Boolean() }), ...errorAnswers() },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      const { redis, postgres } = await probe.stores();
      // With one of the two much still works, and another gateway would fare no better.
      const nothingLeft = redis.state === 'down' && postgres.state === 'down';
      if (!isReady() || nothingLeft) throw new UsherError('unavailable');
      return { ready: true };
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        tags: ['service'],
        summary: 'Prometheus text; JSON per event with `Accept: application/json`',
        produces: ['text/plain', 'application/json'],
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store').header('vary', 'accept');
      if (request.headers.accept?.includes('application/json')) return figures.json();
      await figures.fillGauges();
      return reply.type(deps.registry.contentType).send(await deps.registry.metrics());
    },
  );

  app.get(
    '/.well-known/jwks.json',
    { schema: { tags: ['service'], summary: 'The public key of the admission tokens' } },
    async (_request, reply) =>
      reply.header('cache-control', 'public, max-age=300').type('application/json').send(jwks),
  );

  app.get(
    '/asyncapi.json',
    {
      schema: { tags: ['service'], summary: 'The messages of the seat-map socket, as an AsyncAPI document' },
    },
    async (request) => asyncApiDocument(seatsUrl(deps.config, request)),
  );
}
