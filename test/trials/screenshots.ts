import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPages } from '../support/browser.ts';
import { ServerProcess } from './server-process.ts';

// Writes docs/images/explorer-*.png: each panel over the demo graph, as the browser shows it.

const images = join(import.meta.dirname, '../../docs/images');
/** The documents stay small. */
const MOST_BYTES = 200_000;
/** What is drawn or asked for has come to rest by then, in milliseconds. */
const REST_MS = 4_000;

const FIND = '{ memories(first: 1, filter: { text: "lease warehouse euros" }) { nodes { id } } }';

/** Something said later that changes what the demo graph remembers, for a picture of what is found then. */
const RAISE = `mutation {
  createMemory(input: {
    companion: { key: "iris" }, user: { externalId: "tomas" }, type: FACT, validFrom: "2026-11-01T09:00:00Z"
    content: "The rent of the Marvila warehouse was raised to 1,620 euros a month."
    context: { speaker: "Tomás", source: "chat" }
  }) { ... on CreateMemoryPayload { findings { id } } }
}`;

/** Panels by the name of their picture: their addresses, the memory filled in. */
const panels: Record<string, (memory: string) => string> = {
  graph: () => '#/graph?most=40',
  memory: (memory) => `#/memory/${memory}`,
  disputes: () => '#/disputes',
  recall: () => `#/recall?q=${encodeURIComponent('When does the lease start?')}`,
  timeline: () => '#/timeline',
  decay: () => '#/decay',
  workspace: () => '#/workspace',
  // The last one: what it is prepared by would be seen in the others.
  findings: () => '#/disputes?in=findings',
};

export async function run(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'screenshots-'));
  mkdirSync(images, { recursive: true });
  const server = await ServerProcess.start({ DATA_DIR: folder, PORT: '0' });
  const pages = await openPages();
  try {
    const { data } = await server.ask(FIND);
    const memory = data.memories.nodes[0].id;
    let isFine = true;
    for (const [name, addressOf] of Object.entries(panels)) {
      if (name === 'findings') isFine &&= (await server.ask(RAISE)).data.createMemory.findings.length > 0;
      const { page, complaints } = await pages.open(new URL(`/explore${addressOf(memory)}`, server.url).href, {
        viewport: { width: 1280, height: name === 'findings' ? 860 : 790 },
        colorScheme: 'light',
        reducedMotion: 'reduce',
      });
      await page.locator('#panel-title').waitFor();
      await page.waitForTimeout(REST_MS);
      const path = join(images, `explorer-${name}.png`);
      await page.screenshot({ path });
      await page.context().close();
      const { size } = statSync(path);
      console.log(`${name}: ${size} bytes${complaints.length > 0 ? `, ${complaints.join('; ')}` : ''}`);
      isFine &&= complaints.length === 0 && size <= MOST_BYTES;
    }
    return isFine;
  } finally {
    await pages.close();
    await server.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}
