import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputChunk, rolldown } from 'rolldown';
import type { ExplorerBundle, ExplorerFile } from './bundle.ts';

const sources = fileURLToPath(new URL('../../explorer/', import.meta.url));
const ENTRY = 'main';

/** What is bundled, and the modules that are in it. */
export interface Bundled {
  bundle: ExplorerBundle;
  moduleIds: string[];
}

/** Bundles src/explorer for browsers: a script for the shell, one for each part that is loaded later, one style sheet. */
export async function bundleExplorer(): Promise<Bundled> {
  const bundled = await rolldown({
    cwd: sources,
    input: { [ENTRY]: join(sources, `${ENTRY}.tsx`) },
    platform: 'browser',
    tsconfig: false,
    transform: {
      target: 'es2023',
      jsx: { runtime: 'automatic', importSource: 'preact' },
    },
  });
  try {
    const { output } = await bundled.generate({
      format: 'esm',
      minify: true,
      entryFileNames: '[name]-[hash].js',
      chunkFileNames: '[name]-[hash].js',
      comments: { legal: true, annotation: false, jsdoc: false },
    });
    const chunks = output.filter((each): each is OutputChunk => each.type === 'chunk');
    const style = styleSheet();
    const script = chunks.find(({ isEntry }) => isEntry)?.fileName as string;
    const files = chunks.map(({ fileName, code }) => ({ name: fileName, bytes: bytesOf(code) }));
    return {
      bundle: { script, style: style.name, files: [...files, style] },
      moduleIds: chunks.flatMap(({ moduleIds }) => moduleIds),
    };
  } finally {
    await bundled.close();
  }
}

/** style.css of the explorer, and then those of its panels. */
function styleSheet(): ExplorerFile {
  const paths = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.css'));
  const byDepth = paths.sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
  const text = byDepth.map((path) => smaller(readFileSync(join(sources, path), 'utf8'))).join('');
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 8);
  return { name: `style-${digest}.css`, bytes: bytesOf(text) };
}

/** Without comments and indentation. */
const smaller = (css: string) => css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\s*\n\s*/g, '\n');

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
