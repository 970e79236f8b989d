// A database for a test file: a copy of a template that has been migrated once for the whole run. Copying takes a
// fraction of what the migrations do, and no test sees another's rows.

import { randomBytes } from 'node:crypto';
import postgres, { type Sql } from 'postgres';

/** The migrated database that all others are copied from. Nobody may be connected to it. */
export const TEMPLATE = 'usher_template';

/** A database of the test's own. */
export interface TestDatabase {
  readonly url: string;
  /** A small pool on it. */
  readonly sql: Sql;
  /** Ends the pool and drops the database. Whoever else is connected is cut off. */
  close(): Promise<void>;
}

/** The address of the test run's server, with another database. Throws where no test run has set it. */
export function testDatabaseUrl(database: string): string {
  const { DATABASE_URL, USHER_TEST } = process.env;
  // Only what `npm test` has started may be written to; a DATABASE_URL may be anybody's.
  if (!DATABASE_URL || USHER_TEST !== '1')
    throw new Error('This test needs PostgreSQL: run it by `npm test -- <file>`.');
  const url = new URL(DATABASE_URL);
  url.pathname = `/${database}`;
  return url.href;
}

/** Copies the template. Close the database in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `usher_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await asAdmin((admin) => admin.unsafe(`create database ${name} template ${TEMPLATE}`));
  const url = testDatabaseUrl(name);
  const sql = postgres(url, { max: 5, onnotice: () => {} });
  return {
    url,
    sql,
    close: async () => {
      await sql.end({ timeout: 2 });
      await asAdmin((admin) => admin.unsafe(`drop database if exists ${name} with (force)`));
    },
  };
}

/** Runs `work` on a connection to the server's own database. */
export async function asAdmin<T>(work: (admin: Sql) => Promise<T>): Promise<T> {
  const admin = postgres(testDatabaseUrl('postgres'), { max: 1, onnotice: () => {} });
  try {
    return await work(admin);
  } finally {
    await admin.end({ timeout: 2 });
  }
}
