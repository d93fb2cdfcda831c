import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../src/graphql/schema.ts';
import { type ExplorerBundle, openBundle } from '../src/http/explorer/bundle.ts';

const sources = join(import.meta.dirname, '../src/explorer');
const MOST_BYTES = 400_000;

/** A script and all that it imports before it runs. */
function firstLoaded({ files }: ExplorerBundle, name: string, seen = new Set<string>()): Set<string> {
  const file = files.find((each) => each.name === name);
  if (!file || seen.has(name)) return seen;
  seen.add(name);
  const code = Buffer.from(file.bytes).toString();
  for (const [, next = ''] of code.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+)["'`]/g))
    firstLoaded({ files } as ExplorerBundle, next, seen);
  return seen;
}

describe('the bundle of the explorer', () => {
  test(`is bundled from the sources, and less than ${MOST_BYTES} bytes compressed are loaded first`, async () => {
    const bundle = (await openBundle()) as ExplorerBundle;
    expect(bundle.files.map(({ name }) => name)).toEqual(expect.arrayContaining([bundle.script, bundle.style]));
    for (const { name } of bundle.files) expect(name).toMatch(/-[\w-]{8}\.(?:js|css)$/);
    const first = [...firstLoaded(bundle, bundle.script), bundle.style];
    const bytes = bundle.files.filter(({ name }) => first.includes(name)).map((file) => gzipSync(file.bytes).length);
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(MOST_BYTES);
  });

  test('has each panel in a file of its own', async () => {
    const bundle = (await openBundle()) as ExplorerBundle;
    const later = bundle.files.map(({ name }) => name).filter((name) => !firstLoaded(bundle, bundle.script).has(name));
    const panels = readFileSync(join(sources, 'panels/index.ts'), 'utf8').match(/import\('\.\//g) ?? [];
    expect(later.filter((name) => name.endsWith('.js')).length).toBeGreaterThanOrEqual(panels.length);
  });
});

describe('documents of the explorer', async () => {
  const paths = readdirSync(sources, { recursive: true, encoding: 'utf8' });
  const modules = await Promise.all(
    paths.filter((path) => path.endsWith('documents.ts')).map((path) => import(join(sources, path)) as Promise<object>),
  );
  const documents = modules.flatMap((module) => Object.entries(module) as [string, string][]);

  test.each(documents)('%s is valid', (_name, text) => {
    const document = parse(text);
    const isFragment = document.definitions.every(({ kind }) => kind === 'FragmentDefinition');
    const errors = validate(schema, document).map(({ message }) => message);
    expect(errors.filter((message) => !(isFragment && /^Fragment .* is never used/.test(message)))).toEqual([]);
  });

  test('are in files named documents.ts alone, where these tests find them', () => {
    const others = paths.filter((path) => /\.tsx?$/.test(path) && !path.endsWith('documents.ts'));
    expect(others.filter((path) => /\bgraphql\(\s*`/.test(readFileSync(join(sources, path), 'utf8')))).toEqual([]);
  });
});
