import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';
import { clientOf, eras } from './support/mcp.ts';
import { complaintsOf, placeBeside, readJson, root, run, sizeOf, useLibrary } from './support/package.ts';
import { CONSUMER, PAGE, PROGRAM } from './support/package-programs.ts';
import { programEnv } from './support/program-env.ts';
import { post } from './support/server-process.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const MOST_PACKED = 6_000_000;
const MOST_UNPACKED = 22_000_000;
/** Of all that is installed, without the embedded database. */
const MOST_INSTALLED = 60_000_000;

const library = useLibrary();
const { project, installed } = library;
const manifest = readJson(join(root, 'package.json'));
/** What can be imported, by the names that importers use. */
const entries = Object.keys(manifest.exports)
  .filter((name) => name !== './package.json')
  .map((name) => `palimpsest${name.slice(1)}`);
const runNode = (file: string, ...args: string[]) => run(process.execPath, [file, ...args], project);

describe('the package', () => {
  test('has what was built, and no TypeScript but types', () => {
    const paths = library.packed.files.map(({ path }) => path);
    expect(paths.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([]);
    expect(paths.filter((path) => !/^(?:bin|dist|docs|drizzle)\//.test(path)).toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    // Messages and the README point there.
    expect(paths).toContain('docs/configuration.md');
    expect(paths.filter((path) => path.startsWith('drizzle/'))).toHaveLength(readdirSync(join(root, 'drizzle')).length);
  });

  test('says itself what it needs: no Node, no tools, and nothing that is built in', () => {
    const { dependencies, optionalDependencies, peerDependencies, ...others } = readJson(
      join(installed, 'package.json'),
    );
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
    const { size, unpackedSize } = library.packed;
    expect(size).toBeLessThan(MOST_PACKED);
    expect(unpackedSize).toBeLessThan(MOST_UNPACKED);
    const modules = join(project, 'node_modules');
    const database = sizeOf(join(modules, '@electric-sql'));
    const model = sizeOf(join(modules, '@energetic-ai'));
    const all = sizeOf(modules) - database;
    expect(all).toBeLessThan(MOST_INSTALLED);
    // The documentation says so; in millions of bytes, to a tenth more or less.
    const said = readFileSync(join(root, 'docs/library.md'), 'utf8').split('## What is installed')[1] as string;
    const sizes = [...said.matchAll(/(\d+) MB/g)].map(([, number]) => Number(number) * 1_000_000);
    const [download = 0, disk = 0, english = 0, embedded = 0, most] = sizes;
    const off = ([is, says]: [number, number]) => Math.abs(is - says) / is;
    const figures: [number, number][] = [
      [size, download],
      [unpackedSize, disk],
      [model, english],
      [database, embedded],
    ];
    for (const figure of figures) expect(off(figure), String(figure)).toBeLessThan(0.1);
    expect(most).toBe(MOST_INSTALLED);
  });
});

/** The programs of the documentation of the library, in order. */
const snippets = [...readFileSync(join(root, 'docs/library.md'), 'utf8').matchAll(/^ *```ts\n([\s\S]*?)^ *```/gm)].map(
  ([, text = '']) => text,
);
const resolutions = [{ module: 'nodenext' }, { module: 'esnext', moduleResolution: 'bundler' }] as const;
/** The examples that plug the library into a framework, and what of the framework they need. */
const examples = ['ai-sdk', 'openai-agents', 'mastra', 'langgraph'];
const frameworks = [
  'ai',
  'openai',
  '@openai/agents-core',
  '@mastra/core',
  '@mastra/memory',
  '@langchain/langgraph-checkpoint',
];

describe('in another project', () => {
  beforeAll(() => {
    placeBeside(project, ['@types/node']);
    writeFileSync(join(project, 'consumer.ts'), CONSUMER);
    writeFileSync(join(project, 'page.ts'), PAGE);
    writeFileSync(join(project, 'program.js'), PROGRAM);
    for (const [index, text] of snippets.entries()) writeFileSync(join(project, `snippet-${index}.ts`), text);
  });

  test('types are found, fit, and refuse what is wrong', async () => {
    const files = ['consumer.ts', ...snippets.keys().map((index) => `snippet-${index}.ts`)];
    for (const resolution of resolutions) expect(await complaintsOf(project, files, resolution)).toEqual([]);
    const browser = { lib: ['es2022', 'dom'], types: [] };
    for (const resolution of resolutions) {
      expect(await complaintsOf(project, ['page.ts'], { ...resolution, ...browser })).toEqual([]);
    }
  });

  test('a service is opened, and asked by a client, too', async () => {
    const lines = (await runNode('program.js')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { content: 'Ann has a bakery in Ghent.' },
      { content: 'Ann has a bakery in Ghent.' },
      { model: expect.stringMatching(/^use-lite/) },
      { isVerified: true },
      { code: 'NOT_FOUND' },
    ]);
  });

  test('the first program of the documentation remembers', async () => {
    expect(snippets).toHaveLength(5);
    expect(await runNode('snippet-0.ts')).toContain('Maya lives in Ghent.');
  });
});

describe('beside what it plugs into', () => {
  beforeAll(() => {
    placeBeside(project, [...frameworks, '@types/node']);
    for (const example of examples) {
      mkdirSync(join(project, example));
      for (const file of ['main.ts', 'model.ts']) {
        const text = readFileSync(join(root, 'examples', example, file), 'utf8')
          .replaceAll(/'\.\.\/\.\.\/src\/adapters\/([\w-]+)\/index\.ts'/g, "'palimpsest/$1'")
          .replaceAll("'../../src/client/connect.ts'", "'palimpsest/client'");
        expect(text).not.toContain('/src/');
        writeFileSync(join(project, example, file), text);
      }
    }
  });

  test('each entry is imported', async () => {
    const program = `for (const entry of ${JSON.stringify(entries)}) {
      const { length } = Object.keys(await import(entry));
      console.log(entry, length > 0);
    }`;
    writeFileSync(join(project, 'entries.js'), program);
    expect(await runNode('entries.js')).toBe(entries.map((entry) => `${entry} true\n`).join(''));
  });

  test('types of adapters fit those of their frameworks', async () => {
    const files = examples.map((example) => `${example}/main.ts`);
    const [nodenext, bundler] = resolutions;
    // The declarations of these frameworks have errors of their own.
    const isOurs = (line: string) => !line.startsWith('../') && !/^node_modules\/(?!palimpsest)/.test(line);
    expect((await complaintsOf(project, files, nodenext)).filter(isOurs)).toEqual([]);
    // To look into them once takes long enough.
    expect(await complaintsOf(project, files, { ...bundler, skipLibCheck: true })).toEqual([]);
  });
});

describe('the command line', () => {
  let program: string;
  let url: string;
  let stop: () => Promise<unknown>;
  const dataDir = join(project, 'memory');
  beforeAll(async () => {
    program = realpathSync(join(project, 'node_modules/.bin/palimpsest'));
    const env = programEnv({ PORT: '0', DEMO: 'true', DATA_DIR: dataDir, WORKSPACE: 'served' });
    const server = spawn(process.execPath, [program, 'serve'], {
      env,
      cwd: project,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(server, 'close');
    stop = () => {
      server.kill('SIGTERM');
      return ended;
    };
    let said = '';
    url = await new Promise<string>((resolve, reject) => {
      server.stdout.on('data', (text) => {
        said += text;
        if (/^Database .*\n/m.test(said)) resolve(/^GraphQL +(\S+)/m.exec(said)?.[1] as string);
      });
      ended.then(() => reject(new Error(`It ended: ${said}`)));
    });
  }, patience(120_000));
  afterAll(() => stop());

  test('is the program of the package, and says what it can do', async () => {
    expect(program).toBe(realpathSync(join(installed, 'bin/palimpsest.js')));
    expect(await runNode(program, '--version')).toBe(`${manifest.version}\n`);
    expect(await runNode(program, '--help')).toMatch(/^Usage: palimpsest /);
    expect(await runNode(program, 'schema')).toContain('type Query');
  });

  test('serves the demo graph', async () => {
    const { body } = await post(url, '{ companion(by: {key: "iris"}) { memories { totalCount } } }');
    expect(body.data.companion.memories.totalCount).toBeGreaterThan(20);
  });

  test('has the tools of agents over stdio', async () => {
    const env = programEnv({ DATA_DIR: dataDir, PALIMPSEST_COMPANION: 'iris' });
    const client = clientOf(eras[0]);
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [program, 'mcp'], env }));
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('recall');
    const { content } = await client.callTool({
      name: 'remember',
      arguments: { memories: [{ type: 'FACT', content: 'It is packed.' }] },
    });
    expect(JSON.stringify(content)).toContain('It is packed.');
    await client.close();
  });

  test.each(examples)('is what the example of %s works with', async (example) => {
    const settings = { PALIMPSEST_URL: url };
    const talk = (line: string, more = {}) =>
      run(process.execPath, [`${example}/main.ts`], project, `${line}\n\n`, { ...settings, ...more });
    await talk('My sister opened a bakery in Ghent.');
    expect(await talk('Where is the bakery of my sister?', { CHAT: 'chat-2' })).toContain('bakery in Ghent');
  });

  test('is what the other programs of the documentation work with', async () => {
    const [, , ...others] = snippets.keys();
    for (const index of others) {
      const text = (snippets[index] as string).replaceAll('http://127.0.0.1:4000/graphql', url);
      writeFileSync(join(project, `snippet-${index}.ts`), text);
      await runNode(`snippet-${index}.ts`);
    }
  });

  test('ends well', async () => {
    expect(await stop()).toEqual([0, null]);
  });
});
