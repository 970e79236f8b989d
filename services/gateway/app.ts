/** Builds the gateway of its parts. Nothing listens and no loop runs before somebody says so: tests inject. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import cookie from '@fastify/cookie';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import fastify, { LogController } from 'fastify';
import type { Redis } from 'ioredis';
import { UsherError } from '../../shared/domain/errors.ts';
import { accountRoutes } from './accounts/routes.ts';
import { trustedProxies } from './config.ts';
import type { App, Deps } from './deps.ts';
import { Catalogue } from './events/catalogue.ts';
import { eventRoutes } from './events/routes.ts';
import { holdRoutes } from './holds/hold-routes.ts';
import { operatorCodeRoutes } from './operator/code-routes.ts';
import { operatorEventRoutes } from './operator/event-routes.ts';
import { importRoute } from './operator/import-route.ts';
import { operatorParkRoutes } from './operator/park-routes.ts';
import { operatorReportRoutes } from './operator/report-routes.ts';
import { operatorSeatRoutes } from './operator/seat-routes.ts';
import { orderRoutes } from './orders/routes.ts';
import { guardAdmin } from './plugins/auth.ts';
import { answerClientError } from './plugins/client-error.ts';
import { closeConnections } from './plugins/close-connections.ts';
import { answerError, installErrors } from './plugins/errors.ts';
import { installOpenApi } from './plugins/openapi.ts';
import { installRateLimits } from './plugins/rate-limits.ts';
import { installRequestLog } from './plugins/request-log.ts';
import { installWebPage, isNavigation, pageInsteadOfData } from './plugins/web-page.ts';
import { serviceRoutes } from './service/routes.ts';
import { admissionRoutes } from './waiting-room/admission-routes.ts';
import { Admitter } from './waiting-room/admitter.ts';
import { Boards } from './waiting-room/boards.ts';
import { DrawBook } from './waiting-room/draw-book.ts';
import { drawRoutes } from './waiting-room/draw-routes.ts';
import { Drawer } from './waiting-room/drawer.ts';
import { JoinWatch } from './waiting-room/join-watch.ts';
import { lineRoutes } from './waiting-room/line-routes.ts';
import { LineStreams } from './waiting-room/line-streams.ts';
import { streamRoute } from './waiting-room/stream-route.ts';

/** A body larger than this is no request of ours; plans have a limit of their own. */
const BODY_BYTES_MAX = 1024 * 1024;
/** Whoever takes longer to send a request than this is not sending one. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the balancers in front keep theirs, so that none sends into a connection that just closed. */
const KEEP_ALIVE_MS = 72_000;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

export type GatewayParts = {
  /** A `subscriberClient` for the streams of the lines. */
  readonly subscriber: Redis;
  readonly isReady: () => boolean;
  readonly admissionJwk: Readonly<Record<string, unknown>>;
};

export type Gateway = {
  readonly app: App;
  /** Absent where this gateway does not move the lines. */
  readonly admitter: Admitter | undefined;
  readonly streams: LineStreams;
  /** Every call there is, as `GET /events/:eventId`. */
  readonly routes: readonly string[];
};

/** Builds the app, its loops stopped. */
export async function buildGateway(deps: Deps, parts: GatewayParts): Promise<Gateway> {
  const { config, log, metrics, store, redis } = deps;
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger per request would cost more than most of the requests; lines carry `requestId` themselves.
    childLoggerFactory: (logger) => logger,
    genReqId: requestIds(),
    trustProxy: trustedProxies(config),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true },
    rewriteUrl: (request) =>
      pageInsteadOfData(request.url ?? '') && isNavigation(request) ? '/index.html' : (request.url ?? '/'),
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply, log, metrics),
    clientErrorHandler: answerClientError,
  }).setValidatorCompiler(TypeBoxValidatorCompiler) as unknown as App;

  const routes: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const word of [method].flat()) if (word !== 'HEAD') routes.push(`${word} ${url}`);
  });
  app.decorate('tokens', deps.tokens);
  app.decorateRequest('operator', undefined as never);
  app.decorateRequest('admission', undefined as never);
  installErrors(app, log, metrics);
  installRequestLog(app, log, metrics);
  readLeniently(app);
  closeConnections(app);
  refuseImpossibleEvents(app);
  await app.register(cookie);
  guardAdmin(app);
  await installRateLimits(app, config);
  await installOpenApi(app, config.PUBLIC_URL);

  const catalogue = new Catalogue(deps.db, log);
  const boards = new Boards(redis, store);
  const book = new DrawBook(deps.db, log);
  const watch = new JoinWatch(deps);
  const streams = new LineStreams({ redis, subscriber: parts.subscriber, store, boards, metrics, log });
  const drawer = new Drawer({ db: deps.db, redis, store, book, log });
  const admitter = config.ADMITTER
    ? new Admitter({ redis, store, catalogue, drawer, metrics, log })
    : undefined;

  // In a scope of their own, so that the document has seen its hooks before it sees the routes.
  await app.register(async (scope) => {
    const api = scope as App;
    eventRoutes(api, deps, catalogue);
    lineRoutes(api, deps, catalogue, boards, book, watch, admitter);
    drawRoutes(api, deps, book);
    streamRoute(api, deps, streams);
    admissionRoutes(api, deps);
    holdRoutes(api, deps);
    orderRoutes(api, deps);
    accountRoutes(api, deps);
    operatorEventRoutes(api, deps, catalogue, admitter);
    operatorSeatRoutes(api, deps);
    operatorCodeRoutes(api, deps);
    operatorParkRoutes(api, deps, watch, admitter);
    operatorReportRoutes(api, deps, catalogue);
    importRoute(api);
    serviceRoutes(api, deps, catalogue, parts.isReady, parts.admissionJwk);
  });
  await installWebPage(app, config.WEB_ROOT);
  await app.ready();
  return { app, admitter, streams, routes };
}

/** An id that the caller chose, where it is a decent one, or the next of ours. */
function requestIds(): (request: IncomingMessage) => string {
  const prefix = randomBytes(4).toString('hex');
  let next = 0;
  return (request) => {
    const given = request.headers['x-request-id'];
    if (typeof given === 'string' && REQUEST_ID.test(given)) return given;
    next++;
    return `${prefix}-${next.toString(36)}`;
  };
}

/** Many clients say `content-type: application/json` and send nothing, or nothing at all of some other type. */
function readLeniently(app: App): void {
  app.removeContentTypeParser(['text/plain', 'application/json']);
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else parse(request, body as string, done);
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff');
    if (request.headers['content-length'] === '0') delete request.headers['content-type'];
    done();
  });
}

/** A number that no event can have is answered here, before it is a question to a store. */
function refuseImpossibleEvents(app: App): void {
  app.addHook('preHandler', (request, _reply, done) => {
    const eventId = (request.params as { eventId?: unknown } | undefined)?.eventId;
    if (typeof eventId === 'number' && !(eventId >= 1 && eventId <= 999_999_999)) {
      done(new UsherError('unknown_event'));
    } else done();
  });
}
