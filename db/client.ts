/** The connection pool, and drizzle over it. Only files in `db/` hold queries. */
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres, { type Sql } from 'postgres';
import * as schema from './schema.ts';

export type Db = {
  /** Typed queries. */
  readonly orm: PostgresJsDatabase<typeof schema>;
  /** The same pool in plain SQL, for the statements whose shape decides their speed. */
  readonly sql: Sql;
  close(): Promise<void>;
};

export type DbSettings = {
  /** Connections that this process may have. Past it, queries wait in order. */
  readonly poolMax?: number;
  readonly applicationName?: string;
};

/** A statement that takes longer than this is a fault; no lock is waited for any longer. */
const STATEMENT_TIMEOUT_MS = 15_000;

/** Opens a pool; nothing connects before the first query. */
export function openDb(databaseUrl: string, settings: DbSettings = {}): Db {
  const sql = postgres(databaseUrl, {
    max: settings.poolMax ?? 10,
    connect_timeout: 5,
    idle_timeout: 60,
    onnotice: () => {},
    connection: {
      application_name: settings.applicationName ?? 'usher',
      statement_timeout: STATEMENT_TIMEOUT_MS,
    },
  });
  return { orm: drizzle(sql, { schema }), sql, close: () => sql.end({ timeout: 5 }) };
}

/** SQLSTATE of an error, through drizzle's wrapping: `23505` is a unique violation. */
export function sqlState(error: unknown): string | undefined {
  const seen = error as { code?: unknown; cause?: { code?: unknown } } | undefined;
  const code = seen?.cause?.code ?? seen?.code;
  return typeof code === 'string' ? code : undefined;
}
