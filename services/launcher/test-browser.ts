// `npm run test:browser [vitest's arguments]`: the tests that drive a real browser.

import { aptInstall, canAptInstall, findProgram } from './apt.ts';
import { runMain, UserError } from './console.ts';
import { runTests } from './run-tests.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

async function findChromium(): Promise<string> {
  const found = process.env.CHROMIUM ?? findProgram(NAMES);
  if (found !== undefined) return found;
  if (canAptInstall()) await aptInstall('chromium');
  const installed = findProgram(NAMES);
  if (installed !== undefined) return installed;
  throw new UserError(
    'The browser tests need Chromium and found none. On Debian: sudo apt-get install chromium; ' +
      'elsewhere install Chrome or Chromium and name it: CHROMIUM=/path/to/chromium npm run test:browser',
  );
}

await runMain(async () => {
  process.env.CHROMIUM = await findChromium();
  return await runTests(['--config', 'vitest.browser.config.ts', ...process.argv.slice(2)]);
});
