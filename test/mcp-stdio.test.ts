import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { mcpVariables } from '../src/cli/mcp-settings.ts';
import { readAddress } from '../src/mcp/address.ts';
import { toolDescriptors } from '../src/mcp/descriptor.ts';
import { memoryServerTools } from '../src/mcp/memory-server/tools.ts';
import { patience } from './support/calibration.ts';
import { migratedFolder } from './support/data-folder.ts';
import { callMcp, clientOf, type Era, eras } from './support/mcp.ts';
import { programEnv } from './support/program-env.ts';
import { useProcesses } from './support/server-process.ts';

// `palimpsest mcp`, as a desktop program starts it.

vi.setConfig({ testTimeout: patience(120_000) });

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-stdio-'));
const launch = useProcesses();
const folders: string[] = [];
const newFolder = () => {
  const made = join(folder, String(folders.length));
  folders.push(made);
  return migratedFolder(made);
};

/** The process that a data folder's server says it is. */
const serverOf = (dataDir: string): { pid: number; url: string } | undefined => {
  const file = join(dataDir, 'palimpsest.server');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
};
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
async function endServerOf(dataDir: string): Promise<void> {
  const { pid } = serverOf(dataDir) ?? {};
  if (pid === undefined || !isAlive(pid)) return;
  process.kill(pid, 'SIGTERM');
  while (isAlive(pid)) await sleep(50);
}
afterAll(async () => {
  for (const each of folders) await endServerOf(each);
  rmSync(folder, { recursive: true, force: true });
});

interface Entry {
  command?: string;
  args?: string[];
  env?: Record<string, string>;
  url?: string;
}
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/.$/, '');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const entries: Record<string, { mcpServers?: Record<string, Entry>; servers?: Record<string, Entry> }> = JSON.parse(
  read('examples/mcp.json'),
);

/** A client whose server is the program, started by it. */
async function connect(settings: Record<string, string>, era: Era = eras[0], capabilities = {}) {
  const client = clientOf(era, capabilities);
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [main, 'mcp'],
    env: programEnv(settings),
    stderr: 'pipe',
  });
  let said = '';
  transport.stderr?.on('data', (text) => {
    said += text;
  });
  await client.connect(transport);
  return { client, said: () => said };
}

const fact = (content: string) => ({ memories: [{ type: 'FACT', content }] });

describe('without a server', () => {
  test('one is started, and two clients of both eras share its memory', async () => {
    const DATA_DIR = newFolder();
    const settings = { DATA_DIR, PALIMPSEST_COMPANION: 'iris', PALIMPSEST_USER: 'maya' };
    const [one, other] = await Promise.all(eras.map((era) => connect(settings, era)));
    if (!one || !other) throw new Error('there are two');
    for (const { client } of [one, other]) {
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(toolDescriptors.map(({ name }) => name));
    }
    // Both began to start one.
    const [first, second] = await Promise.all([
      callMcp(one.client, 'remember', fact('Maya lives in Lisbon.')),
      callMcp(other.client, 'remember', fact('Maya plays the cello.')),
    ]);
    expect([first.text, second.text]).toEqual([expect.stringContaining('Lisbon'), expect.stringContaining('cello')]);
    for (const { client } of [one, other]) {
      const { text } = await callMcp(client, 'timeline');
      expect(text).toContain('Lisbon');
      expect(text).toContain('cello');
    }
    // The memory is that of the companion, and nothing else is in it.
    const narrowed = await connect({ DATA_DIR, PALIMPSEST_COMPANION: 'otto' });
    expect((await callMcp(narrowed.client, 'timeline')).data.nodes).toEqual([]);
    await Promise.all([one, other, narrowed].map(({ client }) => client.close()));
    expect([one.said(), other.said()]).toEqual(['', '']);
  });

  test('the tools of the memory server are those where the environment says so', async () => {
    const DATA_DIR = folders[0] ?? newFolder();
    const settings = { DATA_DIR, PALIMPSEST_COMPANION: 'graph', PALIMPSEST_TOOLS: 'memory-server' };
    const [one, other] = await Promise.all(eras.map((era) => connect(settings, era)));
    if (!one || !other) throw new Error('there are two');
    const { tools } = await one.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(memoryServerTools.map(({ name }) => name));
    const entities = [{ name: 'Ann', entityType: 'person', observations: ['likes tea'] }];
    expect((await callMcp(one.client, 'create_entities', { entities })).data).toEqual({ entities });
    expect((await callMcp(other.client, 'read_graph')).data).toEqual({ entities, relations: [] });
    await Promise.all([one, other].map(({ client }) => client.close()));
  });

  test('one that is gone is started again, and what was asked meanwhile is answered', async () => {
    const DATA_DIR = newFolder();
    const { client } = await connect({ DATA_DIR });
    const { data } = await callMcp(client, 'remember', fact('It stays.'));
    const before = serverOf(DATA_DIR)?.pid as number;
    process.kill(before, 'SIGKILL');
    const { data: opened } = await callMcp(client, 'open', { ids: [data.memories[0].id] });
    expect(opened.nodes[0].content).toBe('It stays.');
    expect(serverOf(DATA_DIR)?.pid).not.toBe(before);
    await client.close();
  });

  test('one that dies in the middle is started again, and each thing is remembered once', async () => {
    const DATA_DIR = newFolder();
    const { client } = await connect({ DATA_DIR });
    const contents = Array.from({ length: 6 }, (_, i) => `Number ${i} stays.`);
    for (const [index, content] of contents.entries()) {
      const written = callMcp(client, 'remember', { memories: [{ type: 'EXPERIENCE', content }] });
      // While nobody knows whether it is being written.
      if (index === 3) process.kill(serverOf(DATA_DIR)?.pid as number, 'SIGKILL');
      expect((await written).isError, content).toBe(false);
    }
    const { data } = await callMcp(client, 'timeline', { first: 100 });
    const kept = data.nodes.map(({ content }: { content: string }) => content);
    expect(kept.sort()).toEqual([...contents].sort());
    await client.close();
  });

  test('what cannot be started is said by the tools', async () => {
    const DATA_DIR = newFolder();
    const { client } = await connect({ DATA_DIR, LIMIT_DEPTH: 'deep' });
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    const { isError, data } = await callMcp(client, 'recall', { query: 'anything' });
    expect([isError, data.code]).toEqual([true, 'UNAVAILABLE']);
    expect(data.message).toMatch(/LIMIT_DEPTH/);
    await client.close();
  });
});

describe('with a server', () => {
  test('that has the folder, it is used, and left as it is', async () => {
    const DATA_DIR = newFolder();
    const { child, ready } = launch({ DATA_DIR });
    const url = await ready;
    const { client } = await connect({ DATA_DIR });
    expect((await callMcp(client, 'remember', fact('Shared'))).isError).toBe(false);
    await client.close();
    expect(serverOf(DATA_DIR)).toEqual({ pid: child.pid, url });
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(serverOf(DATA_DIR)).toBeUndefined();
  });

  test('that is named, it is used, with its key and its scopes', async () => {
    const DATA_DIR = newFolder();
    const { child, ready } = launch({ DATA_DIR, CREDENTIALS: 'required' });
    const url = await ready;
    for (const PALIMPSEST_URL of [url, url.replace('/graphql', '/mcp'), new URL(url).origin]) {
      const { client } = await connect({ PALIMPSEST_URL, PALIMPSEST_KEY: 'pal_unknown' });
      const { isError, data } = await callMcp(client, 'recall', { query: 'anything' });
      expect([isError, data.code]).toEqual([true, 'UNAUTHENTICATED']);
      await client.close();
    }
    child.kill('SIGTERM');
    await once(child, 'close');
  });

  test('that was there before the folder’s own, it is not taken for it', async () => {
    const [stranger, DATA_DIR] = [newFolder(), newFolder()];
    const { child, ready } = launch({ DATA_DIR: stranger });
    const url = await ready;
    const { client } = await connect({ DATA_DIR });
    await callMcp(client, 'remember', fact('Mine'));
    await endServerOf(DATA_DIR);
    // As a crash would have left it, with the address another server has now.
    writeFileSync(join(DATA_DIR, 'palimpsest.server'), JSON.stringify({ pid: child.pid, url }));
    expect((await callMcp(client, 'timeline')).text).toContain('Mine');
    await client.close();
  });
});

test.each(eras)('forget is asked of the user before: %s', async (era) => {
  const DATA_DIR = folders[0] ?? newFolder();
  const { client } = await connect({ DATA_DIR }, era, { elicitation: { form: {} } });
  const { data } = await callMcp(client, 'remember', fact(`Asked by ${era}`));
  const ids = [data.memories[0].id];
  let agrees = false;
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { confirm: agrees } }));
  expect((await callMcp(client, 'forget', { ids })).data.code).toBe('DECLINED');
  agrees = true;
  expect((await callMcp(client, 'forget', { ids })).data).toEqual({ forgottenIds: ids });
  await client.close();
});

describe('the process', () => {
  /** Starts the program, and sends it lines. */
  function start(settings: Record<string, string>): { child: ChildProcess; out: () => string; error: () => string } {
    const child = spawn(process.execPath, [main, 'mcp'], { env: programEnv(settings), stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (text) => {
      stdout += text;
    });
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    return { child, out: () => stdout, error: () => stderr };
  }

  test('answers before there is a server, writes nothing but the protocol, and ends with its input', async () => {
    const DATA_DIR = folders[0] ?? newFolder();
    const { child, out, error } = start({ DATA_DIR });
    const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: initialize })}\n`);
    child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
    child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' })}\n`);
    await expect.poll(() => out().trim().split('\n').length, { timeout: 20_000 }).toBe(2);
    const answers = out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map(({ id }) => id)).toEqual([1, 2]);
    child.stdin?.end();
    const [code] = await once(child, 'close');
    expect([code, error()]).toEqual([0, '']);
  });

  test.each([
    [{ PALIMPSEST_TOOLS: 'recall,destroy' }, /^PALIMPSEST_TOOLS names "destroy": known are context, /],
    [{ PALIMPSEST_URL: 'localhost:4000' }, /PALIMPSEST_URL: an http:\/\/ or https:\/\/ URL is expected/],
    [{ PALIMPSEST_USER: ' ' }, /PALIMPSEST_USER: 1–500 characters are expected/],
    [{ DATABASE_URL: 'postgres://127.0.0.1/x' }, /PALIMPSEST_URL must say where the server is/],
  ])('is not started with %j', async (settings, message) => {
    const { child, out, error } = start(settings as unknown as Record<string, string>);
    const [code] = await once(child, 'close');
    expect([code, out()]).toEqual([1, '']);
    expect(error()).toMatch(message);
  });
});

test('the documents name every variable, and the examples no other', () => {
  for (const name of Object.keys(mcpVariables)) expect(read('docs/mcp.md'), name).toContain(`\`${name}\``);
  for (const [name] of read('examples/mcp.json').matchAll(/PALIMPSEST_[A-Z]+/g)) {
    expect(Object.keys(mcpVariables)).toContain(name);
  }
});

test('the examples lead to the tools, but for where the program is', async () => {
  const DATA_DIR = folders[0] ?? newFolder();
  const { child, ready } = launch({ DATA_DIR: newFolder() });
  const graphql = await ready;
  for (const [name, { mcpServers, servers }] of Object.entries(entries)) {
    const [{ command, args = [], env = {}, url = '' } = {} as Entry] = Object.values(mcpServers ?? servers ?? {});
    const client = clientOf(eras[0]);
    if (command === undefined) {
      expect(readAddress(new URL(url).searchParams).companion, name).toBe('assistant');
      const at = url.replace('http://127.0.0.1:4000', new URL(graphql).origin);
      await client.connect(new StreamableHTTPClientTransport(new URL(at)));
    } else {
      expect(command, name).toBe('node');
      const given = args.map((each) => each.replace('/path/to/palimpsest', root));
      await client.connect(
        new StdioClientTransport({ command: process.execPath, args: given, env: programEnv({ ...env, DATA_DIR }) }),
      );
    }
    const tools = env.PALIMPSEST_TOOLS === 'memory-server' ? memoryServerTools : toolDescriptors;
    const listed = (await client.listTools()).tools.map((tool) => tool.name);
    expect(listed, name).toEqual(tools.map((tool) => tool.name));
    await client.close();
  }
  child.kill('SIGTERM');
});

test('a server that is to end when it is idle does', async () => {
  const DATA_DIR = newFolder();
  const { ready, ended } = launch({ DATA_DIR }, ['serve', '--end-when-idle', '0.02']);
  await ready;
  expect((await ended).code).toBe(0);
  expect(serverOf(DATA_DIR)).toBeUndefined();
});
