// Stores that were named from outside are asked for an answer before anything is started, so that a wrong address is a
// sentence here and not a restart loop of three services.

import { Redis } from 'ioredis';
import postgres from 'postgres';
import { UserError } from './console.ts';

const TIMEOUT_MS = 5_000;

/** Throws a {@link UserError} where the Redis at `url` does not answer. */
export async function checkRedis(variable: string, url: string): Promise<void> {
  const shown = masked(variable, url, ['redis:', 'rediss:']);
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw new UserError(`${variable} (${shown}): ${redisReason(lastError ?? (error as Error))}`);
  } finally {
    redis.disconnect();
  }
}

function redisReason(error: Error): string {
  const cause = error as NodeJS.ErrnoException;
  if (cause.message.includes('NOAUTH')) return 'Redis wants a password: redis://:password@host:port.';
  if (cause.message.includes('WRONGPASS')) return 'Redis refused the user name or password.';
  if (cause.message.includes('ETIMEDOUT')) return noAnswer('Redis');
  return networkReason('Redis', cause);
}

/** Throws a {@link UserError} where the database at `url` does not answer. */
export async function checkPostgres(variable: string, url: string): Promise<void> {
  const shown = masked(variable, url, ['postgres:', 'postgresql:']);
  const sql = postgres(url, { max: 1, connect_timeout: TIMEOUT_MS / 1000, onnotice: () => {} });
  try {
    await sql`select 1`;
  } catch (error) {
    throw new UserError(`${variable} (${shown}): ${postgresReason(error as NodeJS.ErrnoException, url)}`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function postgresReason(error: NodeJS.ErrnoException, url: string): string {
  const { pathname, username } = new URL(url);
  const database = pathname.slice(1) || username;
  if (error.code === '3D000')
    return `the database "${database}" does not exist. Create it: createdb ${database}`;
  if (error.code === '28P01' || error.code === '28000')
    return 'PostgreSQL refused the user name or password.';
  if (error.code === 'CONNECT_TIMEOUT') return noAnswer('PostgreSQL');
  return networkReason('PostgreSQL', error);
}

function networkReason(store: string, error: NodeJS.ErrnoException): string {
  // Where a name has several addresses, Node reports an error that only holds the others.
  const cause = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
  if (cause.code === 'ECONNREFUSED') return `connection refused. Does ${store} run there?`;
  if (cause.code === 'ENOTFOUND' || cause.code === 'EAI_AGAIN') return 'there is no host of that name.';
  if (cause.code === 'EHOSTUNREACH' || cause.code === 'ENETUNREACH') return 'the host cannot be reached.';
  return cause.message || String(cause.code);
}

function noAnswer(store: string): string {
  return `${store} did not answer within ${TIMEOUT_MS / 1000} s.`;
}

/** The address without its password. Throws a {@link UserError} where it is no address of that kind. */
function masked(variable: string, url: string, protocols: readonly string[]): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new UserError(`${variable} is not an address; it should look like ${protocols[0]}//host:port.`);
  }
  if (!protocols.includes(parsed.protocol)) {
    throw new UserError(
      `${variable} begins with ${parsed.protocol}// and should begin with ${protocols.join('// or ')}//.`,
    );
  }
  if (parsed.password !== '') parsed.password = '***';
  return parsed.href;
}
