/**
 * Every error answer leaves here, in one shape: `{ code, message, requestId, ...details }`, by the one table
 * of codes. What nobody foresaw is `internal`; its stack goes to the log and never into an answer. Rules ER.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { sqlState } from '../../../db/client.ts';
import { isRedisFailure } from '../../../db/event-store.ts';
import { EventNotLoaded } from '../../../lua/run-script.ts';
import { ERRORS, type ErrorCode, UsherError } from '../../../shared/domain/errors.ts';
import type { Logger } from '../../../shared/runtime/log.ts';
import type { App } from '../deps.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';

/** Retry-After of answers that may be better later, in seconds, where nobody knows it better. */
const RETRY_AFTER_S = 1;

/** A fault of a request, named: where it is and what it wants. */
export type RequestFault = { readonly in: string; readonly path: string; readonly message: string };

/** What Fastify says of requests that it cannot read, in our words. */
const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'bad_request',
  404: 'not_found',
  413: 'too_large',
  414: 'too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  431: 'too_large',
  503: 'unavailable',
};

/** PostgreSQL is away, starting, stopping, full or too slow, in its own codes and in its driver's. */
const AWAY = /^(08...|53...|57014|57P0.|CONNECT_TIMEOUT|CONNECTION_(CLOSED|DESTROYED|ENDED)|E[A-Z]+)$/;

/** Any failure as one of ours. */
export function toUsherError(error: unknown): UsherError {
  if (error instanceof UsherError) return error;
  if (error instanceof EventNotLoaded || isRedisFailure(error)) return new UsherError('unavailable');
  if (AWAY.test(sqlState(error) ?? '')) return new UsherError('unavailable');
  const { validation, validationContext, statusCode, message } = (error ?? {}) as Partial<FastifyError>;
  if (validation !== undefined) {
    const where = validationContext ?? 'request';
    const details = validation.flatMap(({ instancePath, message = 'is not valid', params }) =>
      missing(params).map((path): RequestFault => ({ in: where, path: instancePath + path, message })),
    );
    return new UsherError('bad_request', { details });
  }
  const code = statusCode === undefined ? undefined : CODES_BY_STATUS[statusCode];
  if (code === undefined) {
    return new UsherError(statusCode !== undefined && statusCode < 500 ? 'bad_request' : 'internal');
  }
  if (code !== 'bad_request') return new UsherError(code);
  return new UsherError(code, { details: [{ in: 'request', path: '', message: message ?? '' }] });
}

/** One fault says of several fields that they are missing: each is named. */
function missing(params: Record<string, unknown> | undefined): string[] {
  const names = params?.requiredProperties ?? params?.additionalProperties;
  return Array.isArray(names) && names.length > 0 ? names.map((name) => `/${name}`) : [''];
}

/** Installs the error answers, and the answer for paths that nobody serves. */
export function installErrors(app: App, log: Logger, metrics: GatewayMetrics): void {
  app.setErrorHandler((error: unknown, request, reply) => answerError(error, request, reply, log, metrics));
}

/** Answers with an error, counts it, and logs it as loudly as its row says. */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
  metrics: GatewayMetrics,
): FastifyReply {
  const ours = toUsherError(error);
  const { status, retryable, log: level } = ERRORS[ours.code];
  metrics.errors.inc({ code: ours.code });
  const eventId = (request.params as { eventId?: unknown } | undefined)?.eventId;
  // Only numbers of events that there are: else anybody could grow the list of series.
  if (typeof eventId === 'number' && ours.code !== 'unknown_event' && ours.code !== 'bad_request') {
    metrics.eventErrors.inc({ event: eventId });
  }
  const line = { requestId: request.id, code: ours.code, method: request.method, url: pathOf(request) };
  if (ours.code === 'internal') log.error({ ...line, err: error }, 'request failed');
  else if (level !== 'debug' || log.isLevelEnabled('debug')) log[level]({ ...line, eventId }, ours.message);

  if (retryable && (status === 503 || status === 429) && !reply.hasHeader('retry-after')) {
    const { retryAfterMs } = ours.details;
    reply.header(
      'retry-after',
      typeof retryAfterMs === 'number' ? Math.ceil(retryAfterMs / 1000) : RETRY_AFTER_S,
    );
  }
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify as (payload: unknown) => string)
    .send({ ...ours.details, code: ours.code, message: ours.message, requestId: request.id });
}

/** The path without its query, which may carry a token or a signature. */
export function pathOf(request: FastifyRequest): string {
  const { url } = request;
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
