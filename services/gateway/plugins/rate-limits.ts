/**
 * Limits by address and by visitor, counted in this process: with n gateways behind a balancer a flood gets at
 * most n times as far, and no request pays for a round trip. Redis has no other expiring keys than holds.
 */
import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { GatewayConfig } from '../config.ts';
import type { App } from '../deps.ts';
import { AttemptWindow, WINDOW_MS } from './attempt-window.ts';

declare module 'fastify' {
  interface FastifyInstance {
    limits: Limits;
  }
}

export type Limits = {
  /** For a route's `config`: so often a minute and address. */
  byAddress(perMinute: number): { rateLimit: object };
  /** A counter of attempts that throws `rate_limited` past so many a minute and visitor. */
  byVisitor(perMinute: number): (visitorId: string) => void;
};

/** Whether an address is this machine talking to itself. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/**
 * The plugin's own store hands out the record that it goes on counting in, so that requests of one moment all
 * read the last one's count and all are refused.
 */
class AddressStore implements FastifyRateLimitStore {
  readonly #window = new AttemptWindow();

  incr(key: string, done: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
    const { count, endsInMs } = this.#window.count(key, Date.now());
    done(null, { current: count, ttl: endsInMs });
  }

  child(): AddressStore {
    return new AddressStore();
  }
}

/** Installs the limits; routes ask for theirs by `config` or through `app.limits`. */
export async function installRateLimits(app: App, config: GatewayConfig): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    store: AddressStore,
    // A load test on one machine stands for many addresses by X-Forwarded-For, and those are limited.
    allowList: (request: FastifyRequest) => config.USHER_EMBEDDED && isLoopback(request.ip),
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
    errorResponseBuilder: (_request, { ttl }) => new UsherError('rate_limited', { retryAfterMs: ttl }),
  });
  app.decorate('limits', {
    byAddress: (perMinute) => ({ rateLimit: { max: perMinute, timeWindow: WINDOW_MS } }),
    byVisitor: (perMinute) => {
      const window = new AttemptWindow();
      return (visitorId) => {
        const { count, endsInMs } = window.count(visitorId, Date.now());
        if (count > perMinute) throw new UsherError('rate_limited', { retryAfterMs: endsInMs });
      };
    },
  } satisfies Limits);
}
