import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DatabaseUnavailable } from '../../db/database.ts';
import { openEmbedded } from '../../db/embedded.ts';
import { dataIn, holdsDatabase, settleFolder, stagingIn, takeStaged } from '../../db/embedded-folder.ts';
import { lockFolder } from '../../db/lock.ts';
import { appliedMigrations, knownMigrations } from '../../db/migrations.ts';
import { checkReadable } from '../command.ts';
import { explainFile, TransferError } from '../error.ts';
import { showProgress } from '../progress.ts';
import { BrokenArchive, readArchive, type Unpacker } from './archive.ts';
import type { BackupOptions } from './backup.ts';
import { FORMAT, type Manifest, manifestSchema } from './manifest.ts';

/** A backup may unpack to so many bytes, or so many times its own size if that is more: pages shrink to a fifth. */
const MAX_UNPACKED_BYTES = 128 * 2 ** 20;
const MAX_RATIO = 100;
/** What an archive has for each entry besides its bytes, at most. */
const ENTRY_BYTES = 4_096;

/**
 * Makes the embedded database of a data folder, which no process may hold, from a backup. The backup is unpacked next
 * to what is there, and replaces it when it is known to be whole: until then the folder is as it was. Prints the
 * result. Throws TransferError and DatabaseUnavailable.
 */
export async function restore(folder: string, file: string, { force, signal }: BackupOptions = {}): Promise<void> {
  await checkReadable(file);
  const isNew = !existsSync(folder);
  const unlock = lockFolder(folder);
  let isDone = false;
  try {
    settleFolder(folder);
    if (holdsDatabase(folder) && !force) {
      throw new TransferError(
        `${folder} holds a database already: set DATA_DIR to another folder, or add --force to replace it.`,
      );
    }
    const manifest = await unpack(file, stagingIn(folder), signal);
    await expectOpens(stagingIn(folder), file, manifest);
    takeStaged(folder);
    isDone = true;
    console.log(`Restored ${folder} from ${file}, which was made at ${manifest.madeAt}.`);
  } catch (error) {
    await rm(stagingIn(folder), { recursive: true, force: true });
    if (signal?.aborted) throw new TransferError(`Stopped: ${folder} is as it was before.`);
    throw explainFile(error, 'written', folder);
  } finally {
    unlock();
    if (isNew && !isDone) await rmdir(folder).catch(() => {});
  }
}

async function unpack(file: string, staging: string, signal: AbortSignal | undefined): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const { size } = await stat(file);
  const bound = new Bound(file, size);
  const place = (path: string) => join(dataIn(staging), path);
  await mkdir(dataIn(staging), { recursive: true, mode: 0o700 });
  bound.free = await freeIn(staging);
  const unpacker: Unpacker = {
    manifest(about) {
      manifest = readManifest(about, file);
      bound.tighten(manifest);
    },
    folder: async ({ path, mode }) => void (await mkdir(place(path), { recursive: true, mode })),
    file: ({ path, mode }, chunks) => pipeline(Readable.from(chunks), createWriteStream(place(path), { mode })),
  };
  const bar = await showProgress('Restoring', async () => size);
  const source = createReadStream(file);
  source.on('data', () => bar.update(source.bytesRead));
  try {
    const read = async (bytes: AsyncIterable<Uint8Array>) => readArchive(bound.within(bytes), unpacker);
    await pipeline(source, createGunzip(), read, signal ? { signal } : {});
  } catch (error) {
    if (!isBroken(error)) throw error;
    throw new TransferError(
      manifest
        ? `${file} is incomplete or damaged: restore another backup.`
        : `${file} is not a backup of Palimpsest, or is damaged: name a file that npm run backup has made.`,
    );
  } finally {
    bar.stop();
  }
  return manifest as unknown as Manifest;
}

/** How much an archive may unpack to: a few megabytes of gzip can hold any number of gigabytes. */
class Bound {
  readonly #file: string;
  #most: number;
  /** Bytes that the disk has room for. */
  free = Number.POSITIVE_INFINITY;

  constructor(file: string, size: number) {
    this.#file = file;
    this.#most = Math.max(MAX_UNPACKED_BYTES, MAX_RATIO * size);
  }

  /** What the archive says it holds is the most that it may. Throws where that is too much already. */
  tighten({ holds }: Manifest): void {
    if (!holds) return;
    if (holds.bytes > this.#most) throw this.#tooLarge();
    if (holds.bytes > this.free) {
      throw new TransferError(
        `${this.#file} needs ${inMegabytes(holds.bytes)} MB, but the disk has only ${inMegabytes(this.free)} MB left.`,
      );
    }
    this.#most = Math.min(this.#most, holds.bytes + ENTRY_BYTES * (holds.entries + 10));
  }

  async *within(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let length = 0;
    for await (const chunk of bytes) {
      length += chunk.length;
      if (length > this.#most) throw this.#tooLarge();
      yield chunk;
    }
  }

  #tooLarge = () =>
    new TransferError(
      `${this.#file} unpacks to more than the ${inMegabytes(this.#most)} MB that a backup of its size holds: it is ` +
        `damaged, or npm run backup has not made it.`,
    );
}

const inMegabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

/** Bytes that this user may still write there. */
async function freeIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Throws TransferError where a backup is of a version that this one does not know. */
function readManifest(about: unknown, file: string): Manifest {
  const { format } = about as { format?: unknown };
  const { success, data } = manifestSchema.safeParse(about);
  if (typeof format === 'number' && format > FORMAT) throw newer(file, `format ${format}`);
  if (!success) throw new BrokenArchive('an incomplete manifest');
  const known = knownMigrations();
  const unknown = data.migrations.filter((name) => !known.has(name));
  if (unknown.length > 0) throw newer(file, unknown.join(', '));
  return data;
}

const newer = (file: string, what: string) =>
  new TransferError(`${file} was made by a newer version of Palimpsest (${what}): restore it with that version.`);

/** What has been unpacked must be a database, and the one that the backup says it is. */
async function expectOpens(staging: string, file: string, { migrations, postgresql }: Manifest): Promise<void> {
  try {
    // Where there is none, a new one would be made.
    if (!holdsDatabase(staging)) throw new DatabaseUnavailable('There is no database.');
    const database = await openEmbedded({ folder: staging, isLocked: true });
    try {
      const connection = await database.connect();
      const found = await appliedMigrations(connection, database.place).finally(() => connection.release());
      if (found.join() === migrations.join()) return;
    } finally {
      await database.close();
    }
  } catch (error) {
    if (!(error instanceof DatabaseUnavailable)) throw error;
  }
  throw new TransferError(
    `What is in ${file} is a database of PostgreSQL ${postgresql} that cannot be opened: restore it ` +
      `with the version of Palimpsest that made it.`,
  );
}

const isBroken = (error: unknown): boolean =>
  error instanceof BrokenArchive || /^Z_/.test((error as { code?: string }).code ?? '');
