import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { WorkThread } from '../../kernel/work-thread.ts';

/** A file that a browser loads. */
export interface ExplorerFile {
  /** It has a digest of the bytes in it, so that a browser may keep it for ever. */
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** All that the explorer consists of, but for its page. */
export interface ExplorerBundle {
  /** The name of the script that the page begins with; it loads the others. */
  script: string;
  /** The name of the style sheet. */
  style: string;
  files: ExplorerFile[];
}

/** What a folder with a bundle says of it: the bundle without its bytes. */
export const MANIFEST = 'bundle.json';

/** Where `npm run build` writes it, seen from a file of src/http/explorer, of dist/chunks or of dist. */
const BUILT = ['../../../dist/explorer/', '../explorer/', './explorer/'];
/** In the sources alone: a built library has no sources to bundle. */
const THREAD = './bundle-thread.ts';

/**
 * Bundles the explorer where its sources and a bundler are, in a thread, or reads what `npm run build` made of them.
 * Undefined: there is neither. Rejects where the sources are wrong.
 */
export async function openBundle(from = import.meta.url): Promise<ExplorerBundle | undefined> {
  if (existsSync(new URL(THREAD, from)) && hasBundler(from)) {
    const thread = new WorkThread<null, ExplorerBundle>(new URL(THREAD, from));
    try {
      return await thread.ask(null);
    } finally {
      await thread.end();
    }
  }
  return readBuilt(from);
}

function hasBundler(from: string): boolean {
  try {
    import.meta.resolve('rolldown');
    return existsSync(new URL('../../explorer/main.tsx', from));
  } catch {
    return false;
  }
}

function readBuilt(from: string): ExplorerBundle | undefined {
  const folder = BUILT.map((path) => new URL(path, from)).find((url) => existsSync(new URL(MANIFEST, url)));
  if (!folder) return undefined;
  const manifest = JSON.parse(readFileSync(new URL(MANIFEST, folder), 'utf8'));
  const files = readdirSync(folder)
    .filter((name) => name !== MANIFEST)
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(new URL(name, folder))) }));
  return { ...manifest, files };
}
