// What the library consists of: what is built, what is packed, and what is installed with it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const dist = join(root, 'dist');
export const src = join(root, 'src');

interface Manifest {
  name: string;
  version: string;
  exports: Record<string, string | { types: string; default: string }>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  [more: string]: unknown;
}

export const readManifest = (): Manifest => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const manifest = readManifest();

/** The sources of what can be imported, by their names below src. */
export const exported: readonly string[] = Object.values(manifest.exports).flatMap((target) =>
  typeof target === 'string' ? [] : [target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1')],
);

/** What needs files of its own when it runs. */
const withFiles = ['@electric-sql/pglite', '@electric-sql/pglite-pgvector'];
/** What brings Node to a clone of the repository on a machine with an older one; who installs the library has one. */
const ofTheClone = ['node'];

/** What is installed with the library; all other dependencies are built into it. */
const kept = Object.entries(manifest.dependencies).filter(([name]) => withFiles.includes(name));
const optional = Object.entries(manifest.optionalDependencies).filter(([name]) => !ofTheClone.includes(name));
const names = [...kept, ...optional, ...Object.entries(manifest.peerDependencies)].map(([name]) => name);

/** Whether a module is of a package that is not built in. */
export const isKept = (id: string): boolean => names.some((name) => id === name || id.startsWith(`${name}/`));

/** The package.json of the library. */
export function packedManifest(): object {
  const {
    private: _,
    scripts: __,
    allowScripts: ___,
    devDependencies: ____,
    overrides: _____,
    ...rest
  } = readManifest();
  return {
    ...rest,
    engines: { node: '>=22.2' },
    dependencies: Object.fromEntries(kept),
    optionalDependencies: Object.fromEntries(optional),
  };
}
