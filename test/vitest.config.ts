import { defineConfig } from 'vitest/config';

/** What has nothing to do with PostgreSQL is tested once: with browsers, too, which ask by GraphQL alone. */
const embeddedAlone = [
  'adapter-docs',
  'architecture',
  'backup',
  'cli',
  'client-retries',
  'contract',
  'cost',
  'document-cache',
  'embedded',
  'embedding-providers-settings',
  'explorer',
  'explorer-*',
  'figures',
  'graphiql-page',
  'installation',
  'json-pieces',
  'limits-line',
  'limits-settings',
  'lock',
  'mcp-stdio',
  'package',
  'relay',
  'rename',
  'role',
  'schema',
  'settings-docs',
  'webhook-addresses',
  'webhook-docs',
];

export default defineConfig({
  // Without `development`, or tests get another copy of graphql than the packages they test do.
  ssr: { resolve: { conditions: ['module', 'node'] } },
  cacheDir: '../node_modules/.vite',
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    exclude: [
      '**/node_modules/**',
      ...(process.env.TEST_DATABASE_URL ? embeddedAlone.map((name) => `**/${name}.test.ts`) : []),
    ],
    globalSetup: ['support/global-setup.ts'],
    setupFiles: ['support/setup-both-ways.ts'],
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--expose-gc', '--import', new URL('support/hasten-imports.ts', import.meta.url).href],
    // Each file has a database of its own, and modules keep nothing of one beyond it: they are loaded once a worker.
    isolate: false,
    // A line for each file; what fails is told in full, and what was logged with it.
    slowTestThreshold: 600_000,
    silent: 'passed-only',
    // A comparison with a file that is not there fails. `npm test -- queries -u` writes it again.
    update: 'none',
    // Of a usual machine: support/global-setup.ts makes them longer on a slower one.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Long enough for a machine with much else to do: what is right is there at once.
    expect: { poll: { timeout: 30_000 } },
  },
});
