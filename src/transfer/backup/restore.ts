import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
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

/**
 * Makes the embedded database of a data folder, which no process may hold, from a backup. The backup is unpacked next
 * to what is there, and replaces it when it is known to be whole: until then the folder is as it was. Prints the
 * result. Throws TransferError and DatabaseUnavailable.
 */
export async function restore(folder: string, file: string, { force, signal }: BackupOptions = {}): Promise<void> {
  await checkReadable(file);
  const unlock = lockFolder(folder);
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
    console.log(`Restored ${folder} from ${file}, which was made at ${manifest.madeAt}.`);
  } catch (error) {
    await rm(stagingIn(folder), { recursive: true, force: true });
    if (signal?.aborted) throw new TransferError(`Stopped: ${folder} is as it was before.`);
    throw explainFile(error, 'written', folder);
  } finally {
    unlock();
  }
}

async function unpack(file: string, staging: string, signal: AbortSignal | undefined): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const place = (path: string) => join(dataIn(staging), path);
  await mkdir(dataIn(staging), { recursive: true, mode: 0o700 });
  const unpacker: Unpacker = {
    manifest(about) {
      manifest = readManifest(about, file);
    },
    folder: async ({ path, mode }) => void (await mkdir(place(path), { recursive: true, mode })),
    file: ({ path, mode }, chunks) => pipeline(Readable.from(chunks), createWriteStream(place(path), { mode })),
  };
  const bar = await showProgress('Restoring', async () => (await stat(file)).size);
  const source = createReadStream(file);
  source.on('data', () => bar.update(source.bytesRead));
  try {
    await pipeline(source, createGunzip(), (bytes) => readArchive(bytes, unpacker), signal ? { signal } : {});
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
