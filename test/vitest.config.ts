import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * What has nothing to do with the database is tested once: what comes before GraphQL (HTTP, bodies, limits, texts), and
 * what asks by GraphQL alone (browsers, protocols, frameworks).
 */
const embeddedAlone = [
  'adapter-docs',
  'ai-sdk-middleware',
  'ai-sdk-provider',
  'apollo',
  'architecture',
  'backup',
  'body-budget',
  'cli',
  'client-retries',
  'contract',
  'cost',
  'document-cache',
  'embedded',
  'embedding-providers-settings',
  'enumeration',
  'explorer',
  'explorer-*',
  'figures',
  'findings-rules',
  'fold',
  'front-page',
  'graphiql-examples',
  'graphiql-page',
  'hostile-bodies',
  'installation',
  'json-parsing',
  'json-pieces',
  'limits-browser',
  'limits-documents',
  'limits-line',
  'limits-settings',
  'lock',
  'mcp-conformance',
  'mcp-descriptors',
  'mcp-earlier-client',
  'mcp-stdio',
  'memory-plan',
  'message-parts',
  'openai-agents',
  'package',
  'relay',
  'rename',
  'request-bodies',
  'request-forms',
  'role',
  'schema',
  'settings-docs',
  'times',
  'transfer-program',
  'vector-text',
  'webhook-addresses',
  'webhook-docs',
];

/**
 * What both databases do alike and what takes minutes on the embedded one is tested on PostgreSQL: plans, made by the same
 * planner, of restricted credentials, and thousands of documents with one of two defences taken away.
 */
const postgresqlAlone = [
  'restricted-plans',
  'restriction-companions',
  'restriction-conditions',
  'restriction-policies',
  'restriction-users',
  'tenancy-conditions',
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
      ...(process.env.TEST_DATABASE_URL ? embeddedAlone : postgresqlAlone).map((name) => `**/${name}.test.ts`),
    ],
    globalSetup: ['support/global-setup.ts'],
    setupFiles: ['support/setup-embedded.ts', 'support/setup-both-ways.ts'],
    pool: 'forks',
    // One more than there are processors, since many tests wait for programs; each takes up to 4 GB of memory.
    maxWorkers: Math.min(4, availableParallelism() + 1),
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
