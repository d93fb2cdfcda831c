import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { BLOCK_BYTES, END, type Entry, headerOf, padding, readHeader } from './tar.ts';

/** The first file of a backup: what it is of. */
export const MANIFEST = 'palimpsest-backup.json';
/** The last: the digest of each file before it, as `sha256sum` writes and checks it. */
const SUMS = 'SHA256SUMS';
/** The most bytes of a file that is read at once. */
const MAX_SMALL_BYTES = 100_000_000;

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

/** A backup's bytes: what it is of, the tree of `folder` below `data/`, and the digests. `progress` is told how many were read. */
export async function* writeArchive(
  manifest: object,
  folder: string,
  tree: readonly Entry[],
  progress: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const sums: string[] = [];
  const small = function* (path: string, content: Buffer) {
    yield headerOf({ path, mode: 0o600, size: content.length });
    yield content;
    yield padding(content.length);
  };
  const about = Buffer.from(`${JSON.stringify(manifest)}\n`);
  sums.push(sumLine(createHash('sha256').update(about), MANIFEST));
  yield* small(MANIFEST, about);
  let done = 0;
  for (const entry of tree) {
    const path = `data/${entry.path}`;
    yield headerOf({ ...entry, path });
    if (entry.path.endsWith('/')) continue;
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of createReadStream(join(folder, entry.path)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      length += chunk.length;
      done += chunk.length;
      yield chunk;
      progress(done);
    }
    if (length !== entry.size) throw new Error('a file of the database has changed while it was read');
    yield padding(length);
    sums.push(sumLine(hash, path));
  }
  yield* small(SUMS, Buffer.from(sums.join('')));
  yield END;
}

/** What is done with what is read: each may be asked for once, in order. */
export interface Unpacker {
  /** The manifest, before anything else; what it throws ends the reading. */
  manifest(about: unknown): void;
  folder(entry: Entry): Promise<void>;
  file(entry: Entry, chunks: AsyncIterable<Buffer>): Promise<void>;
}

/** Reads a backup to its end. Throws {@link BrokenArchive}, at the latest when all has been unpacked. */
export async function readArchive(bytes: AsyncIterable<Buffer>, unpacker: Unpacker): Promise<void> {
  const reader = new Reader(bytes);
  const sums: string[] = [];
  for (let isFirst = true; ; isFirst = false) {
    const header = readHeader(await reader.take(BLOCK_BYTES));
    if (!header || isFirst !== (header.path === MANIFEST)) throw new BrokenArchive('an unexpected entry');
    const { path, size } = header;
    if (path === MANIFEST || path === SUMS) {
      if (size > MAX_SMALL_BYTES) throw new BrokenArchive('an entry that is too large');
      const content = await reader.take(size);
      await reader.take(padding(size).length);
      if (path === SUMS) {
        if (content.toString() !== sums.join('')) throw new BrokenArchive('digests that differ');
        break;
      }
      sums.push(sumLine(createHash('sha256').update(content), path));
      unpacker.manifest(parse(content));
    } else {
      const inner = { ...header, path: innerPath(path) };
      if (path.endsWith('/')) {
        await unpacker.folder(inner);
      } else {
        const hash = createHash('sha256');
        await unpacker.file(inner, reader.chunks(size, hash));
        sums.push(sumLine(hash, path));
        await reader.take(padding(size).length);
      }
    }
  }
  await reader.take(END.length);
  await reader.expectEnd();
}

/** Below `data/`, and nowhere else: an archive could name any place. */
function innerPath(path: string): string {
  const inner = path.slice('data/'.length);
  if (!path.startsWith('data/') || !/^[\w.-]+(?:\/[\w.-]+)*\/?$/.test(inner) || inner.split('/').includes('..')) {
    throw new BrokenArchive('a path that leads elsewhere');
  }
  return inner;
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    throw new BrokenArchive('a manifest that is no JSON');
  }
}

const sumLine = (hash: Hash, path: string): string => `${hash.digest('hex')}  ${path}\n`;

/** Takes bytes off a stream by number. */
class Reader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#source = bytes[Symbol.asyncIterator]();
  }

  async take(size: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.chunks(size)) parts.push(part);
    return Buffer.concat(parts);
  }

  async *chunks(size: number, hash?: Hash): AsyncGenerator<Buffer> {
    for (let left = size; left > 0; ) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#source.next();
        if (done) throw new BrokenArchive('an end too early');
        this.#rest = value;
        continue;
      }
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      hash?.update(part);
      yield part;
    }
  }

  async expectEnd(): Promise<void> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#source.next();
      if (done) return;
      this.#rest = value;
    }
    throw new BrokenArchive('more than there should be');
  }
}
