// Makes the library in dist/: plain JavaScript that Node 22.2 and later run, with the packages that it needs inside, and
// type declarations. What is built is what `exports` of package.json lead to, and the command line: dist/a/b.js is made of
// src/a/b.ts.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { MANIFEST } from '../src/http/explorer/bundle.ts';
import { bundleExplorer } from '../src/http/explorer/bundler.ts';
import { dist, exported, isKept, root, src } from './library.ts';
import { writeLicenses } from './licenses.ts';
import { keepTypesOf } from './types.ts';

const FILE = /new URL\('(\.{1,2}\/[^']+)', import\.meta\.url\)/g;
/** Stands for the way from a file to the folder of the package until it is known where the file will be. */
const ROOT = 'palimpsest-root';

/** Lets what sources name by its place be found from dist/: threads, data, and folders of the package. */
const namedFiles: Plugin = {
  name: 'named-files',
  transform: {
    filter: { id: /\/src\/.*\.ts$/ },
    handler(code, importer) {
      return code.replace(FILE, (_, path: string) => {
        const file = resolve(dirname(importer), path);
        if (statSync(file).isDirectory()) return `new URL('${ROOT}/${relative(root, file)}', import.meta.url)`;
        const reference = file.endsWith('.ts')
          ? this.emitFile({ type: 'chunk', id: file })
          : this.emitFile({ type: 'asset', name: relative(src, file), source: readFileSync(file) });
        return `new URL(import.meta.ROLLUP_FILE_URL_${reference})`;
      });
    },
  },
  renderChunk: (code, { fileName }) =>
    code.includes(ROOT) ? code.replaceAll(ROOT, relative(dirname(join(dist, fileName)), root)) : null,
};

async function bundle(): Promise<OutputChunk[]> {
  const bundled = await rolldown({
    cwd: root,
    input: Object.fromEntries([...exported, 'main'].map((name) => [name, join(src, `${name}.ts`)])),
    platform: 'node',
    external: isKept,
    plugins: [namedFiles],
    transform: { target: 'node22' },
    resolve: { conditionNames: ['import', 'module', 'node'] },
  });
  const { output } = await bundled.write({
    dir: dist,
    format: 'esm',
    chunkFileNames: 'chunks/[name]-[hash].js',
    assetFileNames: 'assets/[name]-[hash][extname]',
    comments: { legal: true, annotation: false, jsdoc: false },
  });
  await bundled.close();
  return output.filter((each) => each.type === 'chunk');
}

function declare(): void {
  const { status } = spawnSync('tsc', ['--project', join(root, '.ci/tsconfig.build.json')], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The types could not be written.');
  keepTypesOf(exported);
}

/** The explorer for browsers: dist/explorer, of which nothing has to be bundled when it is served. */
async function writeExplorer(): Promise<string[]> {
  const folder = join(dist, 'explorer');
  const { bundle, moduleIds } = await bundleExplorer();
  const { files, ...manifest } = bundle;
  mkdirSync(folder, { recursive: true });
  for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes);
  writeFileSync(join(folder, MANIFEST), JSON.stringify(manifest));
  return moduleIds;
}

// With `explorer` alone: for an image that runs the sources.
if (process.argv[2] === 'explorer') {
  rmSync(join(dist, 'explorer'), { recursive: true, force: true });
  await writeExplorer();
} else {
  rmSync(dist, { recursive: true, force: true });
  const chunks = await bundle();
  writeLicenses([...chunks.flatMap(({ moduleIds }) => moduleIds), ...(await writeExplorer())]);
  declare();
}
