// `npm run migrate`: brings the database to the newest schema.

import { runMain, step, UserError } from './console.ts';
import { withDatabase } from './with-database.ts';

await runMain(async () => {
  const given = process.argv.slice(2);
  if (given.length > 0)
    throw new UserError(`npm run migrate takes no arguments; "${given.join(' ')}" was given.`);
  await withDatabase(async (databaseUrl) => {
    const { migrate } = await import('../../db/migrate.ts');
    await step('Database schema', () => migrate(databaseUrl));
  });
  return 0;
});
