import { commonOptions, portOption } from '../../shared/runtime/common-options.ts';
import type { Options, OptionTable } from '../../shared/runtime/options.ts';

/** Options of the seat service. */
export const seatsOptions = {
  ...commonOptions,
  SEATS_PORT: portOption(8081, 'The port of the seat-map sockets.'),
  ALLOWED_ORIGINS: {
    type: 'list',
    default: [],
    doc: 'Origins whose pages may open sockets, comma-separated. Empty: pages from the same host name, on any port.',
  },
  TRUST_PROXY: {
    type: 'list',
    default: [],
    doc: 'Addresses or networks of proxies whose X-Forwarded-For is believed. With npm start: loopback.',
  },
  SOCKETS_MAX: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 18_000,
    doc: 'Sockets that one process holds. Keep it below the limit of open files.',
  },
  SOCKETS_PER_VISITOR_MAX: {
    type: 'integer',
    min: 1,
    max: 1_000,
    default: 5,
    doc: 'Sockets that one visitor may have open at a time.',
  },
  SOCKETS_PER_ADDRESS_MAX: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 200,
    doc: 'Sockets that one address may have open at a time; many visitors share one behind a company or a carrier.',
  },
  HOLDS_PER_MINUTE: {
    type: 'integer',
    min: 1,
    max: 100_000,
    default: 60,
    doc: 'Hold attempts that a visitor has a minute.',
  },
  HOLD_COOLDOWN_MS: {
    type: 'integer',
    min: 0,
    max: 3_600_000,
    default: 5_000,
    doc: 'How long a visitor who has used up its hold attempts is refused before they begin to come back.',
  },
  BACKPRESSURE_BYTES_MAX: {
    type: 'integer',
    min: 4_096,
    max: 16_777_216,
    default: 65_536,
    doc: 'Unread bytes beyond the kernel buffers at which a slow reader is closed.',
  },
} as const satisfies OptionTable;

export type SeatsConfig = Options<typeof seatsOptions>;
