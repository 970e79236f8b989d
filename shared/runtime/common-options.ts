/** Options that every service has. */
import type { OptionTable } from './options.ts';
import { redisUrlFault } from './redis-url.ts';

const PORT = { type: 'integer', min: 0, max: 65_535 } as const;

export const storeOptions = {
  REDIS_URL: {
    type: 'url',
    protocols: ['redis:', 'rediss:', 'redis+cluster:', 'rediss+cluster:'],
    faultOf: redisUrlFault,
    default: null,
    doc: 'The Redis that keeps the line, the holds and the map. It wants noeviction and notify-keyspace-events Ex. A Redis Cluster is named by some of its nodes: redis+cluster://user:password@host:port,host:port (rediss+cluster with TLS).',
  },
  QUEUE_REDIS_URL: {
    type: 'url',
    protocols: ['redis:', 'rediss:'],
    default: null,
    doc: 'The Redis that BullMQ uses; another server than REDIS_URL, because its locks are keys that expire.',
  },
  DATABASE_URL: {
    type: 'url',
    protocols: ['postgres:', 'postgresql:'],
    default: null,
    doc: 'The PostgreSQL that owns events, orders, claims and tickets.',
  },
} as const satisfies OptionTable;

export const commonOptions = {
  ...storeOptions,
  LOG_LEVEL: {
    type: 'choice',
    of: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    doc: 'How much is logged.',
  },
  HOST: { type: 'string', default: '0.0.0.0', doc: 'The address that the services listen on.' },
  DATABASE_POOL_MAX: {
    type: 'integer',
    min: 1,
    max: 500,
    default: 10,
    doc: 'Connections to PostgreSQL that each process may have.',
  },
  STOP_TIMEOUT_MS: {
    type: 'integer',
    min: 100,
    max: 600_000,
    default: 10_000,
    doc: 'How long a process that was asked to stop may take to finish what it has begun.',
  },
} as const satisfies OptionTable;

/** A port option; 0 lets the system choose, which is for tests. */
export function portOption<const D extends number>(fallback: D, doc: string) {
  return { ...PORT, default: fallback, doc } as const;
}
