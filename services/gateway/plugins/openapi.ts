/** The API's document at `/openapi.json`, made of the routes' own schemas, and browsable at `/docs`. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { App } from '../deps.ts';
import { DOCS_POLICY } from './security-headers.ts';

const bearer = (description: string) => ({ type: 'http', scheme: 'bearer', description }) as const;
const cookie = (name: string, description: string) =>
  ({ type: 'apiKey', in: 'cookie', name, description }) as const;

/** Installs the document before the routes that it describes. */
export async function installOpenApi(app: App, publicUrl: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Usher',
        version: '1',
        description:
          'An on-sale engine for seated events: a fair line, a live seat map, a checkout. Times are Unix milliseconds, durations milliseconds, money integer minor units. Every error body is `{ code, message, requestId, ...details }`.',
      },
      ...(publicUrl !== '' && { servers: [{ url: publicUrl }] }),
      tags: [
        { name: 'events', description: 'Browsing' },
        { name: 'line', description: 'The waiting room and the door' },
        { name: 'holds', description: 'Seats, held for a while' },
        { name: 'orders', description: 'Buying, and what was bought' },
        { name: 'accounts', description: 'Accounts and histories' },
        { name: 'operators', description: 'For accounts with the role `operator`' },
        { name: 'service', description: 'For whoever runs it' },
      ],
      components: {
        securitySchemes: {
          visitorToken: bearer('What POST /events/:eventId/line answers.'),
          visitorCookie: cookie('usher_visitor', 'The same as an HttpOnly cookie.'),
          accountToken: bearer('What logging in answers.'),
          accountCookie: cookie('usher_account', 'The same as an HttpOnly cookie.'),
          admissionToken: bearer('What POST /events/:eventId/admission answers, for one event and visitor.'),
        },
      },
    },
    // A parameter in Fastify's colon form reads as `{eventId}` in the document.
    hideUntagged: true,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_POLICY,
    uiConfig: { deepLinking: true, docExpansion: 'list', persistAuthorization: false },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=60');
    return app.swagger();
  });
}
