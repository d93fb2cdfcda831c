import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Without `development`, or tests get another copy of graphql than the packages they test do.
  ssr: { resolve: { conditions: ['module', 'node'] } },
  cacheDir: '../node_modules/.vite',
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
