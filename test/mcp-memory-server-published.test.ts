import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { connectMcp } from './support/mcp.ts';
import { connectManagersBy } from './support/published-memory-manager.ts';
import { type TestServer, useServers } from './support/server.ts';

// The tests that the official memory server is published with, by our tools. They are no part of its package: where
// OFFICIAL_MEMORY_TESTS names the folder src/memory/__tests__ of github.com/modelcontextprotocol/servers they are run.
// What each of them does is compared with the official server itself in mcp-memory-server.test.ts.

vi.setConfig({ testTimeout: patience(60_000) });

const published = process.env.OFFICIAL_MEMORY_TESTS;
/** They read the file of the official server: there is none. */
const ofTheFile = [
  'should handle JSONL format correctly',
  'should strip type field from entities when loading from file',
];

describe.skipIf(!published)('the published tests', async () => {
  const open = useServers();
  let server: TestServer;
  beforeAll(async () => {
    server = await open();
    connectManagersBy((file) => {
      const companion = encodeURIComponent(file);
      return connectMcp(server.url.replace('/graphql', `/mcp?tools=memory-server&companion=${companion}`));
    });
  });
  if (published) await import(pathToFileURL(adapted(published)).href);
  else test('are not here');
});

/** Their file, with our tools in place of the class that it imports. */
function adapted(folder: string): string {
  const made = mkdtempSync(join(tmpdir(), 'official-tests-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  const manager = fileURLToPath(new URL('support/published-memory-manager.ts', import.meta.url));
  const vitest = fileURLToPath(import.meta.resolve('vitest'));
  let text = readFileSync(join(folder, 'knowledge-graph.test.ts'), 'utf8')
    .replaceAll(`from '../index.js'`, `from ${JSON.stringify(manager)}`)
    .replaceAll(`from 'vitest'`, `from ${JSON.stringify(vitest)}`);
  for (const name of ofTheFile) text = text.replace(`it('${name}'`, `it.skip('${name}'`);
  const file = join(made, 'knowledge-graph.test.ts');
  writeFileSync(file, text);
  return file;
}
