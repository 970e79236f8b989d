/** The gateway's options: read once from the environment, frozen, and passed in. */
import { fileURLToPath } from 'node:url';
import { commonOptions, portOption } from '../../shared/runtime/common-options.ts';
import type { Options, OptionTable } from '../../shared/runtime/options.ts';

export const gatewayOptions = {
  ...commonOptions,
  GATEWAY_PORT: portOption(8_080, 'The port of the page, the API, its documentation and the metrics.'),
  SEATS_PORT: portOption(8_081, 'The port of the seat-map sockets, named in the address that visitors get.'),
  PUBLIC_URL: {
    type: 'string',
    default: '',
    doc: 'The address under which visitors reach the gateway, such as https://tickets.example; unset, links follow the request.',
  },
  SEATS_PUBLIC_URL: {
    type: 'string',
    default: '',
    doc: 'The address under which visitors reach the seat-map sockets, such as wss://seats.example; unset, it is the host of the request with SEATS_PORT.',
  },
  TRUST_PROXY: {
    type: 'list',
    default: [],
    doc: 'Addresses or networks of the proxies whose X-Forwarded-For is believed; `loopback` is one of the names. The embedded default believes loopback.',
  },
  USHER_EMBEDDED: {
    type: 'boolean',
    default: false,
    doc: 'Set by `npm start` where it runs its own stores: believes loopback as a proxy and does not limit a loopback address itself.',
  },
  WEB_ROOT: {
    type: 'string',
    default: fileURLToPath(new URL('../web/dist', import.meta.url)),
    doc: 'The folder with the built web page.',
  },
  JOINS_PER_MINUTE: {
    type: 'integer',
    min: 1,
    max: 10_000_000,
    default: 30,
    doc: 'How often a minute one address may join a line.',
  },
  ACCOUNT_JOINS_PER_MINUTE: {
    type: 'integer',
    min: 1,
    max: 10_000_000,
    default: 30,
    doc: 'How often a minute one account may join a line, from whatever address.',
  },
  PARK_JOINS_PER_ADDRESS: {
    type: 'integer',
    min: 0,
    max: 10_000_000,
    default: 0,
    doc: 'How many new places a minute one address may take in a line; those past it are never called, and are not told. 0 parks nobody: many people may share an address.',
  },
  HOLDS_PER_MINUTE: {
    type: 'integer',
    min: 1,
    max: 10_000_000,
    default: 60,
    doc: 'How often a minute one visitor may try to hold seats over HTTP.',
  },
  LOGINS_PER_MINUTE: {
    type: 'integer',
    min: 1,
    max: 10_000_000,
    default: 20,
    doc: 'How often a minute one address may sign up or log in.',
  },
  STREAMS_MAX: {
    type: 'integer',
    min: 0,
    max: 1_000_000,
    default: 20_000,
    doc: 'How many event streams of waiting lines one gateway keeps open; past it the answer is 503 and the page polls.',
  },
  ADMITTER: {
    type: 'boolean',
    default: true,
    doc: 'Whether this gateway moves the lines. Any number may; at least one has to.',
  },
} as const satisfies OptionTable;

export type GatewayConfig = Options<typeof gatewayOptions>;

/** The proxies to believe, in the form that Fastify wants; false where none is. */
export function trustedProxies(config: GatewayConfig): string[] | false {
  if (config.TRUST_PROXY.length > 0) return [...config.TRUST_PROXY];
  return config.USHER_EMBEDDED ? ['loopback'] : false;
}
