import { createWriteStream, existsSync } from 'node:fs';
import { access, constants, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { openEmbedded } from '../../db/embedded.ts';
import { dataIn, holdsDatabase, settleFolder } from '../../db/embedded-folder.ts';
import { lockFolder } from '../../db/lock.ts';
import { appliedMigrations } from '../../db/migrations.ts';
import { explainFile, TransferError } from '../error.ts';
import { showProgress } from '../progress.ts';
import { listTree, writeArchive } from './archive.ts';
import { FORMAT, type Manifest } from './manifest.ts';

export interface BackupOptions {
  /** Replace what is there. */
  force?: boolean;
  /** Breaks it off: all is as it was before. */
  signal?: AbortSignal;
}

/** Fast: pages of a database are mostly empty or text, and shrink to a fifth at any level. */
const GZIP_LEVEL = 3;

/**
 * Copies the embedded database of a data folder, which no process may hold, into a file: a gzipped tar archive. The
 * file appears only when it is whole. Prints the result. Throws TransferError and DatabaseUnavailable.
 */
export async function backUp(folder: string, file: string, { force, signal }: BackupOptions = {}): Promise<void> {
  if (existsSync(file) && (await stat(file)).isDirectory()) {
    throw new TransferError(`${file} cannot be written: it is a folder.`);
  }
  if (existsSync(file) && !force) {
    throw new TransferError(`${file} exists already: name another file, or add --force to replace it.`);
  }
  if (!existsSync(folder)) throw noDatabase(folder);
  if (!relative(resolve(folder), resolve(file)).startsWith('..')) {
    throw new TransferError(`${file} is inside the folder that is backed up: name a file outside of ${folder}.`);
  }
  await access(dirname(resolve(file)), constants.W_OK).catch((error) => {
    throw explainFile(error, 'written', file);
  });
  const unlock = lockFolder(folder);
  const part = `${file}.part`;
  try {
    settleFolder(folder);
    if (!holdsDatabase(folder)) throw noDatabase(folder);
    const about = await describe(folder);
    const tree = await listTree(dataIn(folder));
    const size = tree.reduce((sum, each) => sum + each.size, 0);
    const manifest: Manifest = { ...about, holds: { entries: tree.length, bytes: size } };
    const bar = await showProgress('Backing up', async () => size);
    try {
      await pipeline(
        writeArchive(manifest, dataIn(folder), tree, bar.update),
        createGzip({ level: GZIP_LEVEL }),
        createWriteStream(part, { flush: true, mode: 0o600 }),
        signal ? { signal } : {},
      );
    } finally {
      bar.stop();
    }
    await rename(part, file);
    console.log(
      `Backed up to ${file}: ${megabytes((await stat(file)).size)} MB for a database of ${megabytes(size)} MB.`,
    );
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    if (signal?.aborted) throw new TransferError(`Stopped: ${file} is as it was before.`);
    throw explainFile(error, 'written', file);
  } finally {
    unlock();
  }
}

const noDatabase = (folder: string) =>
  new TransferError(`There is no database in ${folder}: set DATA_DIR to the folder that holds it.`);

/** Opens the database once, so that what a crash left is put right, and leaves it at rest. */
async function describe(folder: string): Promise<Manifest> {
  const database = await openEmbedded({ folder, isLocked: true });
  let migrations: string[];
  try {
    const connection = await database.connect();
    migrations = await appliedMigrations(connection, database.place).finally(() => connection.release());
  } finally {
    await database.close();
  }
  const postgresql = (await readFile(join(dataIn(folder), 'PG_VERSION'), 'utf8')).trim();
  return { backup: 'palimpsest', format: FORMAT, madeAt: new Date().toISOString(), postgresql, migrations };
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);
