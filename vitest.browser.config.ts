import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that start the services and drive a real Chromium, one file at a time. */
export default defineConfig({
  test: {
    include: ['**/*.browser.test.ts'],
    exclude: [...configDefaults.exclude, 'loadtest/**', '.usher/**'],
    pool: 'forks',
    maxWorkers: 1,
    globalSetup: ['shared/testing/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
  },
});
