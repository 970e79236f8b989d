// Once for a test run, before the first test file: the template database.

import { migrate } from '../../db/migrate.ts';
import { asAdmin, TEMPLATE, testDatabaseUrl } from './postgres.ts';

/** Called by vitest. Does nothing where vitest was started without servers: the tests that need none run all the same. */
export default async function setup(): Promise<void> {
  if (process.env.USHER_TEST !== '1') return;
  await asAdmin(async (admin) => {
    await admin.unsafe(`drop database if exists ${TEMPLATE} with (force)`);
    await admin.unsafe(`create database ${TEMPLATE}`);
  });
  await migrate(testDatabaseUrl(TEMPLATE));
}
