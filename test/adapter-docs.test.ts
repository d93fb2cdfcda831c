import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { patience } from './support/calibration.ts';

vi.setConfig({ testTimeout: patience(120_000) });

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-adapter-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  exports: Record<string, string | { types: string }>;
  peerDependencies: Record<string, string>;
};

/** What a page's code leaves to its reader, and the package that it needs. */
const pages = {
  'ai-sdk': {
    needs: 'ai',
    given: `declare const key: string;
      declare const model: Exclude<import('ai').LanguageModel, string>;`,
  },
  'openai-agents': {
    needs: '@openai/agents-core',
    given: `declare const key: string;
      declare const agent: Agent;`,
  },
  mastra: {
    needs: '@mastra/core',
    given: `declare const key: string;
      declare const model: import('@mastra/core/llm').MastraModelConfig;`,
  },
  langgraph: {
    needs: '@langchain/langgraph-checkpoint',
    given: `declare const key: string;
      declare const builder: { compile(given: { store: import('@langchain/langgraph-checkpoint').BaseStore }): unknown };`,
  },
};

/** All code of a page, as one module. */
const codeOf = (page: string) =>
  [...read(`docs/${page}.md`).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code).join('\n');

test('the code of each page is what the compiler allows', async () => {
  for (const [page, { given }] of Object.entries(pages)) {
    const code = codeOf(page);
    expect(code).toContain(`from 'palimpsest/${page}'`);
    writeFileSync(join(folder, `${page}.ts`), `${code}\n${given}`);
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const entries = Object.entries(manifest.exports).flatMap(([name, file]) =>
    typeof file === 'string' ? [] : [[`palimpsest${name.slice(1)}`, [sourceOf(file.types)]] as const],
  );
  const compilerOptions = {
    noUnusedLocals: false,
    types: ['node'],
    // The host's whole package has what its core has.
    paths: Object.fromEntries([
      ...entries,
      ['@openai/agents', [join(root, 'node_modules/@openai/agents-core/dist/index.d.ts')]],
    ]),
  };
  const project = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
  expect(await compile()).toBe('');
});

const sourceOf = (types: string) => join(root, types.replace(/^\.\/dist\/(.*)\.d\.ts$/, 'src/$1.ts'));

/** What the compiler complains of. */
const compile = () =>
  new Promise<string>((resolve) => {
    execFile(join(root, 'node_modules/.bin/tsc'), ['--project', folder], (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });

test.each(Object.entries(pages))('the page %s says which version of its host it needs', (page, { needs }) => {
  expect(read(`docs/${page}.md`)).toContain(`\`${needs}\` ${manifest.peerDependencies[needs]}`);
});
