/**
 * The web page: files of the built folder, and `index.html` for every address that a browser navigates to
 * and nobody else serves. Named assets carry a hash and are kept for ever; the page itself is asked for anew.
 */
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UsherError } from '../../../shared/domain/errors.ts';
import type { App } from '../deps.ts';
import { PAGE_HEADERS } from './security-headers.ts';

const PAGE = 'index.html';
const ASSETS = `${sep}assets${sep}`;
const FOR_EVER = 'public, max-age=31536000, immutable';

/** Whether a browser asks for a page, not a script for data. */
export function isNavigation(request: {
  method?: string | undefined;
  headers: { accept?: string | undefined };
}): boolean {
  return request.method === 'GET' && request.headers.accept?.includes('text/html') === true;
}

/**
 * Addresses that are the page's and the API's at once. A browser that opens one wants the page, a script that
 * asks for JSON wants the order.
 */
export function pageInsteadOfData(url: string): boolean {
  return /^\/orders\/[^/?]+(\?|$)/.test(url);
}

/** Serves the built page, and answers for addresses that nobody serves. */
export async function installWebPage(app: App, webRoot: string): Promise<void> {
  const built = () => existsSync(join(webRoot, PAGE));
  if (existsSync(webRoot)) {
    await app.register(fastifyStatic, {
      root: webRoot,
      preCompressed: true,
      cacheControl: false,
      schemaHide: true,
      setHeaders: (reply, path) => {
        for (const [name, value] of Object.entries(PAGE_HEADERS)) reply.header(name, value);
        reply.header('cache-control', path.includes(ASSETS) ? FOR_EVER : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    if (isNavigation(request) && app.hasReplyDecorator('sendFile') && built()) {
      reply.header('vary', 'accept');
      return reply.sendFile(PAGE);
    }
    throw new UsherError('not_found');
  });
}
