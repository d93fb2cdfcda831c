import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ReadableStream as NodeStream } from 'node:stream/web';
import { createTarDecoder, createTarPacker } from 'modern-tar';

/** A file or folder of an archive. */
export interface Entry {
  /** Relative, with `/`; a folder's ends with `/`. */
  path: string;
  /** Permission bits. */
  mode: number;
  /** Bytes; 0 for a folder. */
  size: number;
}

/** The first file of a backup: what it is of. */
export const MANIFEST = 'palimpsest-backup.json';
/** The last: the digest of each file before it, as `sha256sum` writes and checks it. */
export const SUMS = 'SHA256SUMS';
/** The most bytes of the manifest and of the digests, which are read at once. */
const MAX_SMALL_BYTES = 20_000_000;
/** The most files and folders: a database has a few thousand. */
const MAX_ENTRIES = 50_000;

/** A backup that is cut, damaged, or none. */
export class BrokenArchive extends Error {
  override name = 'BrokenArchive';
}

/** Files and folders below a folder, folders first, in a fixed order. */
export async function listTree(folder: string): Promise<Entry[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const entries = await Promise.all(
    found.map(async (each): Promise<Entry> => {
      const whole = join(each.parentPath, each.name);
      const { mode, size } = await stat(whole);
      const path = relative(folder, whole).split(sep).join('/');
      const isFolder = each.isDirectory();
      return { path: isFolder ? `${path}/` : path, mode: mode & 0o777, size: isFolder ? 0 : size };
    }),
  );
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * A backup's bytes: what it is of, the tree of `folder` below `data/`, and the digests. `progress` gets the bytes read.
 */
export function writeArchive(
  manifest: object,
  folder: string,
  tree: readonly Entry[],
  progress: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const sums: string[] = [];
  let done = 0;
  const add = async ({ path, mode, size }: Entry, chunks: AsyncIterable<Buffer> | Iterable<Buffer>) => {
    const type = path.endsWith('/') ? 'directory' : 'file';
    const writer = controller.add({ name: path, mode, size, type }).getWriter();
    const hash = createHash('sha256');
    for await (const chunk of chunks) {
      hash.update(chunk);
      await writer.write(chunk);
    }
    await writer.close();
    if (type === 'file') sums.push(sumLine(hash, path));
  };
  const addText = (path: string, text: string) => {
    const content = Buffer.from(text);
    return add({ path, mode: 0o600, size: content.length }, [content]);
  };
  const read = async function* (path: string) {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      yield chunk;
      done += chunk.length;
      progress(done);
    }
  };
  const addAll = async () => {
    await addText(MANIFEST, `${JSON.stringify(manifest)}\n`);
    for (const entry of tree) {
      const path = `data/${entry.path}`;
      await add({ ...entry, path }, path.endsWith('/') ? [] : read(join(folder, entry.path)));
    }
    await addText(SUMS, sums.join(''));
    controller.finalize();
  };
  // Also where a file has changed while it was read, and no longer has the size that was said.
  addAll().catch((error) => controller.error(error));
  return readable;
}

/** What is done with what is read: each may be asked for once, in order. */
export interface Unpacker {
  /** The manifest, before anything else; what it throws ends the reading. */
  manifest(about: unknown): void;
  folder(entry: Entry): Promise<void>;
  file(entry: Entry, chunks: AsyncIterable<Uint8Array>): Promise<void>;
}

/**
 * Reads a backup to its end. Throws {@link BrokenArchive}, at the latest when all has been unpacked; what the reading
 * of `bytes` and the unpacker throw comes as it is.
 */
export async function readArchive(bytes: AsyncIterable<Uint8Array>, unpacker: Unpacker): Promise<void> {
  const paths: string[] = [];
  const sums: string[] = [];
  let refusal: unknown;
  // The same stream, by the name that the decoder's types have for it.
  const stream = NodeStream.from(bytes) as ReadableStream<Uint8Array<ArrayBuffer>>;
  try {
    for await (const { header, body } of stream.pipeThrough(createTarDecoder({ strict: true }))) {
      const { name: path, size, mode = 0o600, type } = header;
      if ((paths.length === 0) !== (path === MANIFEST) || paths.at(-1) === SUMS) {
        throw new BrokenArchive('an unexpected entry');
      }
      if (paths.push(path) > MAX_ENTRIES) throw new BrokenArchive('too many entries');
      if (path === MANIFEST || path === SUMS) {
        if (size > MAX_SMALL_BYTES) throw new BrokenArchive('an entry that is too large');
        const content = await buffer(body);
        if (path === SUMS && content.toString() !== sums.join('')) throw new BrokenArchive('digests that differ');
        try {
          if (path === MANIFEST) unpacker.manifest(parse(content));
        } catch (error) {
          refusal = error;
          throw error;
        }
        sums.push(sumLine(createHash('sha256').update(content), path));
      } else if (type === 'directory') {
        await unpacker.folder({ path: innerPath(path), mode, size: 0 });
      } else {
        const hash = createHash('sha256');
        await unpacker.file({ path: innerPath(path), mode, size }, hashed(body, hash));
        sums.push(sumLine(hash, path));
      }
    }
  } catch (error) {
    // What the decoder finds wrong are bare Errors; those of files and of gzip have codes.
    const isBare = error instanceof Error && error.constructor === Error && !('code' in error);
    throw isBare && error !== refusal ? new BrokenArchive(error.message, { cause: error }) : error;
  }
  if (paths.at(-1) !== SUMS) throw new BrokenArchive('an early end');
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Below `data/`, and nowhere else: an archive could name any place. */
function innerPath(path: string): string {
  const inner = path.slice('data/'.length);
  if (!path.startsWith('data/') || !/^[\w.-]+(?:\/[\w.-]+)*\/?$/.test(inner) || inner.split('/').includes('..')) {
    throw new BrokenArchive('a path outside the backup');
  }
  return inner;
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    throw new BrokenArchive('a manifest that is not JSON');
  }
}

const sumLine = (hash: Hash, path: string): string => `${hash.digest('hex')}  ${path}\n`;
