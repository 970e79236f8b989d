// `npm run dev`: as `npm start`, with services and page made anew as their sources change.

import { SupervisedChild } from './child.ts';
import { complain, runMain } from './console.ts';
import { launch } from './launch.ts';
import { repoRoot } from './paths.ts';
import type { Stores } from './stores.ts';
import { forgetPage, viteScript } from './web-page.ts';

function watchPage(_signal: AbortSignal, stores: Stores): { stop(): Promise<void> } {
  forgetPage();
  const logFile = stores.logFile('web');
  const vite = new SupervisedChild(
    {
      name: 'web',
      command: process.execPath,
      args: [viteScript, 'build', 'services/web', '--watch'],
      env: { ...process.env, NODE_ENV: 'development' },
      cwd: repoRoot,
      logFile,
      stopSignal: 'SIGTERM',
      killSignal: 'SIGKILL',
      channel: false,
    },
    {
      spawned: (pid) => stores.record.add('web', pid),
      line: (line) => {
        if (/error/i.test(line)) complain(`web: ${line}`);
      },
      died: (how, waitMs) =>
        complain(`vite ended (${how}); starting it again in ${waitMs / 1000} s. Its log: ${logFile}`),
    },
  );
  vite.start();
  return { stop: async () => void (await vite.stop(Date.now() + 3_000)) };
}

await runMain(() =>
  launch({ command: 'npm run dev', watch: true, nodeEnv: 'development', beside: watchPage }),
);
