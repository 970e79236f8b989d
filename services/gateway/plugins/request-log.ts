/** One line per request's outcome, and its figures. What changed something is worth a line; a glance is not. */
import type { Logger } from '../../../shared/runtime/log.ts';
import type { App } from '../deps.ts';
import { pathOf } from './errors.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** So many of these come in a rush that they are worth a figure, and a line at `debug` only. */
    quiet?: true;
  }
}

const QUIET_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Installs the hook that measures and logs each answer. Errors have had their line already. */
export function installRequestLog(app: App, log: Logger, metrics: GatewayMetrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime: ms } = reply;
    const { url: route = 'none', config } = request.routeOptions;
    metrics.requests.observe(request.method, route, status, ms / 1000);
    if (status < 400) {
      const level = config.quiet || QUIET_METHODS.has(request.method) ? 'debug' : 'info';
      if (log.isLevelEnabled(level)) {
        log[level](
          { requestId: request.id, method: request.method, url: pathOf(request), status, ms: Math.round(ms) },
          'answered',
        );
      }
    }
    done();
  });
}
