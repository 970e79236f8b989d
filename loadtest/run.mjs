// `npm run test:load -- [options]` ends up here; `node loadtest/run.mjs [options]` does the same where the packages are
// installed. Plain JavaScript, so that a Node which cannot run TypeScript hands over to the one among the packages.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  const { main } = await import('./lib/main.ts');
  process.exit(await main(process.argv.slice(2)));
}

const ownNode = join(here, '..', 'node_modules', '.bin', 'node');
if (!existsSync(ownNode)) {
  console.error(
    `The load tests need Node 22.18 or newer; this is ${process.version}. \`npm run test:load\` brings its own.`,
  );
  process.exit(1);
}
const child = spawn(ownNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
