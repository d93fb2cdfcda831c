import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { programEnv } from './support/program-env.ts';
import { post } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(120_000), hookTimeout: patience(300_000) });

const MOST_PACKED = 8_000_000;
const MOST_UNPACKED = 25_000_000;
/** Of all that is installed, without the embedded database. */
const MOST_INSTALLED = 60_000_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const project = join(folder, 'project');
const installed = join(project, 'node_modules/palimpsest');

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const manifest = read(join(root, 'package.json'));
/** What can be imported, by the names that importers use. */
const entries = Object.keys(manifest.exports)
  .filter((name) => name !== './package.json')
  .map((name) => `palimpsest${name.slice(1)}`);

/** Runs a program to its end; what it says on standard output. It must not fail. */
async function run(program: string, args: string[], cwd: string): Promise<string> {
  // What npm tells the programs that it runs is not meant for an npm that they run.
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_|VITEST|TEST)/i.test(name) || /^npm_config_(?:registry|cache|userconfig)$/i.test(name),
  );
  const child = spawn(program, args, { cwd, env: Object.fromEntries(kept), stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, complaints] = ['', ''];
  child.stdout.on('data', (text) => {
    said += text;
  });
  child.stderr.on('data', (text) => {
    complaints += text;
  });
  const [code] = await once(child, 'close');
  expect(code, `${program} ${args.join(' ')}: ${said}${complaints}`).toBe(0);
  return said;
}
const runNode = (file: string, ...args: string[]) => run(process.execPath, [file, ...args], project);

function sizeOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string }[];
}
let packed: Packed;

beforeAll(async () => {
  // A copy, since packing puts another package.json in place for a moment.
  const copy = join(folder, 'copy');
  mkdirSync(copy);
  const needed = ['package.json', '.npmrc', 'tsconfig.json', 'README.md', 'LICENSE', '.ci', 'bin', 'drizzle', 'src'];
  for (const name of needed) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const said = await run('npm', ['pack', '--json', '--pack-destination', folder], copy);
  const answer = JSON.parse(said.slice(said.search(/^[[{]\s*$/m)));
  packed = (Array.isArray(answer) ? answer[0] : Object.values(answer)[0]) as Packed;
  expect(read(join(copy, 'package.json'))).toEqual(manifest);

  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  await run('npm', ['install', ...flags, join(folder, packed.filename)], project);
}, patience(300_000));

describe('the package', () => {
  test('has what was built, and no TypeScript but types', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([]);
    expect(paths.filter((path) => !/^(?:bin|dist|drizzle)\//.test(path)).toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(paths.filter((path) => path.startsWith('drizzle/'))).toHaveLength(readdirSync(join(root, 'drizzle')).length);
  });

  test('says itself what it needs: no Node, no tools, and nothing that is built in', () => {
    const { dependencies, optionalDependencies, peerDependencies, ...others } = read(join(installed, 'package.json'));
    expect(Object.keys(dependencies)).toEqual(['@electric-sql/pglite', '@electric-sql/pglite-pgvector']);
    expect(Object.keys(optionalDependencies).filter((name) => !name.startsWith('@energetic-ai/'))).toEqual([]);
    expect(peerDependencies).toEqual(manifest.peerDependencies);
    expect(Object.keys(peerDependencies).filter((name) => !others.peerDependenciesMeta[name]?.optional)).toEqual([]);
    expect(Object.keys(others)).not.toContain('devDependencies');
    expect([others.private, others.scripts, others.engines]).toEqual([undefined, undefined, { node: '>=22.2' }]);
  });

  test('lets the client run in browsers: it comes to no package, and to nothing of Node', () => {
    const seen = new Set<string>();
    const outside: string[] = [];
    const reach = (file: string) => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
        /^(?:import|export)\b[^'"]*?["']([^'"]+)["'];?$/gm,
      )) {
        if (name.startsWith('.')) reach(join(dirname(file), name));
        else outside.push(name);
      }
    };
    reach(join(installed, manifest.exports['./client'].default));
    expect(seen.size).toBeGreaterThan(1);
    expect(outside).toEqual([]);
  });

  test('has the licence of each package that is built in', () => {
    const licenses = readFileSync(join(installed, 'dist/LICENSES.txt'), 'utf8');
    for (const name of ['graphql', 'graphql-yoga', 'drizzle-orm', 'postgres', 'zod', 'pino']) {
      expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.`, 'm'));
    }
  });

  test('is small, and installs little', () => {
    expect(packed.size).toBeLessThan(MOST_PACKED);
    expect(packed.unpackedSize).toBeLessThan(MOST_UNPACKED);
    const modules = join(project, 'node_modules');
    const database = join(modules, '@electric-sql');
    const all = sizeOf(modules) - sizeOf(database);
    console.log(
      `packed ${packed.size}, unpacked ${packed.unpackedSize}, installed ${all} and the database ${sizeOf(database)}`,
    );
    expect(all).toBeLessThan(MOST_INSTALLED);
  });
});

/** Puts packages that are here for development beside the library, as a project has them that uses both. */
function placeBeside(names: readonly string[]): void {
  for (const name of names) {
    const place = join(project, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    rmSync(place, { recursive: true, force: true });
    symlinkSync(realpathSync(join(root, 'node_modules', name)), place);
  }
}

const CONSUMER = `
import { ConfigError, open, OperationError, type OpenOptions, type Palimpsest } from 'palimpsest';
import { connect, type Client, type GraphQLDocument } from 'palimpsest/client';

const options: OpenOptions = { dataDir: 'data', settings: { WORKSPACE: 'acme', LIMIT_DEPTH: 20, CREDENTIALS: 'required' } };
// @ts-expect-error: no setting
export const misspelt: OpenOptions = { dataDir: 'data', settings: { WORKSPAC: 'acme' } };
// @ts-expect-error: no value of the setting
export const wrong: OpenOptions = { dataDir: 'data', settings: { CREDENTIALS: 'some' } };

const typed: GraphQLDocument<{ memory: { content: string } | null }, { id: string }> = 'query ($id: ID!) { memory(id: $id) { content } }';
export async function use(): Promise<string | undefined> {
  await using service: Palimpsest = await open(options);
  const clients: Client[] = [service, connect({ url: 'http://127.0.0.1:4000/graphql', key: 'pal_…' })];
  for (const { execute } of clients) {
    const { memory } = await execute(typed, { id: 'mem_1' }, { signal: AbortSignal.timeout(1_000) });
    // @ts-expect-error: the variable is a text
    await execute(typed, { id: 1 });
    // @ts-expect-error: not selected
    memory?.id;
    if (memory) return memory.content;
  }
  return undefined;
}
export const isOurs = (error: unknown) => error instanceof OperationError || error instanceof ConfigError;
`;

const PROGRAM = `
import { open } from 'palimpsest';
import { connect } from 'palimpsest/client';

const service = await open({ dataDir: 'data', settings: { DEMO: false } });
const content = 'Ann has a bakery in Ghent.';
const input = { companion: { key: 'iris' }, type: 'FACT', content };
const remembered = await service.execute(
  'mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { ... on CreateMemoryPayload { memory { id content } } } }',
  { input },
);
const say = (value) => console.log(JSON.stringify(value));
const { id } = remembered.createMemory.memory;
say({ content: remembered.createMemory.memory.content });
const client = connect({ url: 'http://localhost/graphql', fetch: (url, init) => service.fetch(url, init) });
say((await client.execute('query ($id: ID!) { memory(id: $id) { content } }', { id })).memory);
say((await client.execute('{ viewer { embedding { model } } }')).viewer.embedding);
const found = await client.execute(
  'query ($input: RecallInput!) { recall(input: $input, first: 1) { edges { node { id } } } }',
  { input: { companion: { key: 'iris' }, query: 'Where is the bakery?' } },
);
say({ isVerified: found.recall.edges[0].node.id === id });
const retract = 'mutation { retractMemory(input: {id: "' + id.slice(0, -2) + '00"}) { __typename } }';
await client.execute(retract).catch(({ code }) => say({ code }));
await service.close();
`;

describe('in another project', () => {
  test('types are found, fit, and refuse what is wrong', async () => {
    placeBeside(['@types/node']);
    writeFileSync(join(project, 'consumer.ts'), CONSUMER);
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2025', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    await run(join(root, 'node_modules/.bin/tsc'), ['--project', 'tsconfig.json'], project);
  });

  test('a service is opened, and asked by a client, too', async () => {
    writeFileSync(join(project, 'program.js'), PROGRAM);
    const lines = (await runNode('program.js')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { content: 'Ann has a bakery in Ghent.' },
      { content: 'Ann has a bakery in Ghent.' },
      { model: expect.stringMatching(/^use-lite/) },
      { isVerified: true },
      { code: 'NOT_FOUND' },
    ]);
  });

  test('the command line says its version, and serves', async () => {
    const linked = realpathSync(join(project, 'node_modules/.bin/palimpsest'));
    expect(linked).toBe(realpathSync(join(installed, 'bin/palimpsest.js')));
    expect(await runNode(linked, '--version')).toBe(`${manifest.version}\n`);
    expect(await runNode(linked, '--help')).toMatch(/^Usage: palimpsest /);
    expect(await runNode(linked, 'schema')).toContain('type Query');
    const env = programEnv({ PORT: '0', DEMO: 'true', DATA_DIR: join(project, 'served') });
    const server = spawn(process.execPath, [linked], { env, cwd: project, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(server, 'close');
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      server.stdout.on('data', (text) => {
        said += text;
        if (/^Database .*\n/m.test(said)) resolve(/^GraphQL +(\S+)/m.exec(said)?.[1] as string);
      });
      ended.then(() => reject(new Error('It ended.')));
    });
    const { body } = await post(url, '{ companion(by: {key: "iris"}) { memories { totalCount } } }');
    expect(body.data.companion.memories.totalCount).toBeGreaterThan(20);
    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  test('each entry is imported beside what it plugs into', async () => {
    placeBeside(Object.keys(manifest.peerDependencies).filter((name) => name in manifest.devDependencies));
    const program = `for (const entry of ${JSON.stringify(entries)}) {
      const { length } = Object.keys(await import(entry));
      console.log(entry, length > 0);
    }`;
    writeFileSync(join(project, 'entries.js'), program);
    expect(await runNode('entries.js')).toBe(entries.map((entry) => `${entry} true\n`).join(''));
  });
});
