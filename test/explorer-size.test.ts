import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse, validate } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../src/graphql/schema.ts';
import { type ExplorerBundle, openBundle } from '../src/http/explorer/bundle.ts';

const sources = join(import.meta.dirname, '../src/explorer');
/** Bytes of the shell, compressed: its script and the style sheet. */
const MOST_FIRST = 40_000;
/** The same with the panel that is opened first. */
const MOST_WITH_GRAPH = 200_000;

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
  let bundle: ExplorerBundle;
  beforeAll(async () => {
    bundle = (await openBundle()) as ExplorerBundle;
  });
  /** What a browser loads of a script, with all that it imports, and of the style sheet: compressed. */
  const loadedBytes = (...scripts: string[]) => {
    const names = new Set(scripts.flatMap((name) => [...firstLoaded(bundle, name)]));
    const files = bundle.files.filter(({ name }) => names.has(name) || name === bundle.style);
    return files.reduce((sum, { bytes }) => sum + gzipSync(bytes).length, 0);
  };
  const panelNames = () =>
    [...readFileSync(join(sources, 'panels/index.ts'), 'utf8').matchAll(/import\('\.\/(\w+)\//g)].map(
      ([, name]) => name as string,
    );
  const scriptOf = (panel: string) => bundle.files.filter(({ name }) => name.startsWith(`${panel}-`));

  test(`is bundled from the sources, and at most ${MOST_FIRST} bytes are loaded first, ${MOST_WITH_GRAPH} with the graph`, () => {
    expect(bundle.files.map(({ name }) => name)).toEqual(expect.arrayContaining([bundle.script, bundle.style]));
    for (const { name } of bundle.files) expect(name).toMatch(/-[\w-]{8}\.(?:js|css)$/);
    expect(loadedBytes(bundle.script)).toBeLessThan(MOST_FIRST);
    expect(loadedBytes(bundle.script, scriptOf('graph')[0]?.name as string)).toBeLessThan(MOST_WITH_GRAPH);
  });

  test('has each panel in a file of its own', () => {
    const first = firstLoaded(bundle, bundle.script);
    expect(panelNames().length).toBeGreaterThan(1);
    for (const panel of panelNames()) {
      const names = scriptOf(panel).map(({ name }) => name);
      // A part may begin with the same word, such as memory-card.
      const own = names.filter((name) => name.length === `${panel}-12345678.js`.length);
      expect([panel, own.length, own.some((name) => first.has(name))]).toEqual([panel, 1, false]);
    }
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
