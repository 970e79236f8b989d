// `npm test [vitest's arguments]`

import { runMain } from './console.ts';
import { runTests } from './run-tests.ts';

await runMain(() => runTests(process.argv.slice(2)));
