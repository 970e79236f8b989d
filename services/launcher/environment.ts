import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from './paths.ts';

/** Reads `.env` at the top of the clone. What is set already is left alone; options given later win over both. */
export function loadEnvFile(): void {
  const file = join(repoRoot, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}
