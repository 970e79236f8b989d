/**
 * The seat-map socket as an AsyncAPI 3 document, made of the same schemas that the service checks messages
 * with: it cannot fall behind them. The gateway serves it at `/asyncapi.json`.
 */
import type { TSchema } from 'typebox';
import { Extend, Hold, HoldBest, Ping, Release, Resync } from './client-messages.ts';
import {
  Delta,
  ErrorMessage,
  HoldDenied,
  HoldEnded,
  HoldGranted,
  Notice,
  OrderUpdated,
  Pong,
  Snapshot,
  Welcome,
} from './server-messages.ts';
import { PROTOCOL_VERSION, SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON } from './version.ts';

const UP = { Hold, HoldBest, Extend, Release, Resync, Ping };
const DOWN = {
  Welcome,
  Snapshot,
  Delta,
  HoldGranted,
  HoldDenied,
  HoldEnded,
  OrderUpdated,
  Notice,
  Error: ErrorMessage,
  Pong,
};

/** The words after `type`, which are also the messages' names. */
function nameOf(schema: TSchema): string {
  return (schema as unknown as { properties: { type: { const: string } } }).properties.type.const;
}

const refs = (schemas: Record<string, TSchema>) =>
  Object.values(schemas).map((schema) => ({ $ref: `#/channels/seatMap/messages/${nameOf(schema)}` }));

/** @param seatsUrl `ws://host:8081`. */
export function asyncApiDocument(seatsUrl: string): Record<string, unknown> {
  const { host, protocol } = new URL(seatsUrl);
  const messages = Object.fromEntries(
    Object.values({ ...UP, ...DOWN }).map((schema) => [
      nameOf(schema),
      { name: nameOf(schema), contentType: 'application/json', payload: schema },
    ]),
  );
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Usher seat map',
      version: String(PROTOCOL_VERSION),
      description:
        `Subprotocol ${SUBPROTOCOL_JSON}: every frame is JSON text. Subprotocol ${SUBPROTOCOL_BINARY}: snapshot and ` +
        'delta are binary frames, described in PROTOCOL.md. The admission token is a second subprotocol entry, ' +
        'usher.token.<jwt>.',
    },
    servers: { seats: { host, protocol: protocol.replace(':', '') } },
    channels: {
      seatMap: {
        address: '/events/{eventId}',
        parameters: { eventId: { description: 'The number of the event.' } },
        bindings: {
          ws: {
            query: {
              type: 'object',
              properties: {
                token: { type: 'string', description: 'For tools that cannot name a subprotocol.' },
                epoch: { type: 'integer', description: 'Resumes, with offset.' },
                offset: { type: 'integer' },
              },
            },
          },
        },
        messages,
      },
    },
    operations: {
      hear: { action: 'send', channel: { $ref: '#/channels/seatMap' }, messages: refs(DOWN) },
      say: { action: 'receive', channel: { $ref: '#/channels/seatMap' }, messages: refs(UP) },
    },
  };
}
