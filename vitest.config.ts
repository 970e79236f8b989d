import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/*.browser.test.ts', 'loadtest/**', '.usher/**'],
    // Processes, not threads: uWebSockets.js is a native addon and signals concern a process.
    pool: 'forks',
    // Most tests wait for a server more than they compute.
    maxWorkers: 2,
    globalSetup: ['shared/testing/global-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 90_000,
    // A test that fails now and then is a fault to find, not one to repeat until it passes.
    retry: 0,
  },
});
