import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolDescriptors } from '../../src/mcp/descriptor.ts';
import { programEnv } from '../support/program-env.ts';
import { ServerProcess } from './server-process.ts';

// The command line of the MCP Inspector calls every tool, over HTTP and by stdio, reads every resource and gets every
// prompt. It is installed by npx, which needs the registry: it is far larger than this program.
// INSPECTOR names a command that is there already, for instance /somewhere/node_modules/.bin/mcp-inspector.

const VERSION = '2.12.0';
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** How the inspector is told where the server is. */
type Way = { name: string; target: string[] };

// biome-ignore lint/suspicious/noExplicitAny: each method answers something else
type Answer = any;

/** Runs the inspector; what it prints. Rejects where it says that something failed. */
function inspect(folder: string, { target }: Way, method: string, given: string[] = []): Promise<Answer> {
  const own = process.env.INSPECTOR;
  const [command, ...args] = own ? [own] : ['npx', '-y', `@modelcontextprotocol/inspector@${VERSION}`];
  const all = [...args, '--cli', ...target, '--method', method, ...given];
  return new Promise((resolve, reject) => {
    // What it keeps stays in the folder.
    const env = { ...process.env, HOME: folder };
    execFile(command as string, all, { cwd: folder, env, timeout: 120_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${method} ${given.join(' ')}: ${stderr || stdout || error.message}`));
      else resolve(JSON.parse(stdout));
    });
  });
}

/** Calls each tool once: how many were. */
async function callAll(folder: string, way: Way): Promise<number> {
  const called = new Set<string>();
  const call = async (name: string, given: Record<string, unknown> = {}): Promise<Answer> => {
    const pairs = Object.entries(given).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    const result = await inspect(folder, way, 'tools/call', [
      ...['--tool-name', name],
      ...pairs.flatMap((pair) => ['--tool-arg', pair]),
    ]);
    if (result.isError) throw new Error(`${way.name}: ${name}: ${result.content[0].text}`);
    called.add(name);
    return result.structuredContent;
  };
  const contents = ['Maya lives in Porto.', 'Maya lives in Faro.', 'Maya has a dog.'];
  const { memories } = await call('remember', { memories: contents.map((content) => ({ type: 'FACT', content })) });
  const [one, two, three] = memories.map(({ id }: { id: string }) => id);
  await call('remember', { relations: [{ from: { id: three }, to: { id: one }, type: 'ELABORATES' }] });
  await call('context', { query: 'Where does Maya live?' });
  await call('recall', { query: 'Where does Maya live?', first: 1 });
  await call('open', { ids: [one] });
  await call('explore', { from: [one] });
  await call('connect', { from: three, to: one });
  await call('timeline');
  const { contradiction } = await call('dispute', { memory: one, by: two });
  await call('dispute', { contradiction: contradiction.id, resolution: 'KEEP_BY' });
  await call('correct', { id: two, content: 'Maya lives in Tavira.' });
  await call('retract', { id: three });
  await call('forget', { ids: [three] });
  await call('update_working_memory', { content: '# Maya' });
  const { resources } = await inspect(folder, way, 'resources/list');
  for (const { uri } of resources) await inspect(folder, way, 'resources/read', ['--uri', uri]);
  const { prompts } = await inspect(folder, way, 'prompts/list');
  for (const { name } of prompts) await inspect(folder, way, 'prompts/get', ['--prompt-name', name]);
  return called.size;
}

export async function run(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-inspector-'));
  const server = await ServerProcess.start({ DATA_DIR: join(folder, 'data'), PORT: '0', DEMO: 'false' });
  try {
    const settings = programEnv({ PALIMPSEST_URL: server.url, PALIMPSEST_COMPANION: 'stdio' });
    const ways: Way[] = [
      { name: 'HTTP', target: [server.url.replace('/graphql', '/mcp?companion=http'), '--transport', 'http'] },
      {
        name: 'stdio',
        target: [process.execPath, main, 'mcp', ...Object.entries(settings).flatMap((pair) => ['-e', pair.join('=')])],
      },
    ];
    let isFine = true;
    for (const way of ways) {
      const { tools } = await inspect(folder, way, 'tools/list', ['--strict']);
      const called = await callAll(folder, way);
      console.log(`${way.name}: ${tools.length} tools listed, ${called} of ${toolDescriptors.length} called.`);
      isFine &&= tools.length === toolDescriptors.length && called === toolDescriptors.length;
    }
    return isFine;
  } finally {
    await server.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}
