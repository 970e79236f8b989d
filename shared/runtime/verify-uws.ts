// uWebSockets.js is published on GitHub and not on npm; `uws-pack` repacks its native binaries. Native code from a
// repack is loaded only where it is, byte for byte, what was looked at when it was chosen: uws-hashes.json says so.
// Run as a program, it checks and reports; `npm run start` does so after each installation.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import hashes from './uws-hashes.json' with { type: 'json' };

/** The loader's own JavaScript and the one binary that it would load on this machine. */
function filesToVerify(): string[] {
  const { platform, arch, versions } = process;
  return ['index.mjs', 'uws.mjs', `bin/uws_${platform}_${arch}_${versions.modules}.node`];
}

/**
 * Compares the installed uWebSockets.js with the table. Throws an Error with a plain sentence where it differs, or where there is
 * none for this platform. Call it before uWebSockets.js is imported for the first time.
 */
export function verifyUwsBinary(): void {
  const dist = dirname(fileURLToPath(import.meta.resolve('uWebSockets.js')));
  const table: Record<string, { sha256: string } | undefined> = hashes.files;
  for (const file of filesToVerify()) {
    const expected = table[file]?.sha256;
    if (expected === undefined) {
      throw new Error(
        `There is no uWebSockets.js for this machine (${file}): it needs Node.js 22 on Linux with glibc, macOS or Windows.`,
      );
    }
    const found = createHash('sha256')
      .update(readFileSync(join(dist, file)))
      .digest('hex');
    if (found === expected) continue;
    throw new Error(
      `${join(dist, file)} is not the file that shared/runtime/uws-hashes.json names: its SHA-256 is ${found} ` +
        `and should be ${expected}. It is not loaded. Delete node_modules and start again; ` +
        'if that does not help, somebody has changed the package.',
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    verifyUwsBinary();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}
