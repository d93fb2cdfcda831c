import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where the files of PostgreSQL are within a data folder. */
export const dataIn = (folder: string): string => join(folder, 'data');
/** Where a backup is unpacked, before it is known to be whole: a data folder itself. */
export const stagingIn = (folder: string): string => join(folder, 'restoring');
const asideIn = (folder: string): string => join(folder, 'data.replaced');

/** Whether a folder has a database, also one that an interrupted restore has set aside. */
export const isInUse = (folder: string): boolean => holdsDatabase(folder) || existsSync(asideIn(folder));

export const holdsDatabase = (folder: string): boolean => existsSync(join(dataIn(folder), 'PG_VERSION'));

/**
 * Puts what has been unpacked in the place of what is there. After an interruption {@link settleFolder} completes it.
 */
export function takeStaged(folder: string): void {
  if (existsSync(dataIn(folder))) renameSync(dataIn(folder), asideIn(folder));
  renameSync(dataIn(stagingIn(folder)), dataIn(folder));
  settleFolder(folder);
}

/**
 * Leaves a folder with one database. What an interrupted restore had set aside comes back; the rest of it is removed.
 */
export function settleFolder(folder: string): void {
  if (existsSync(asideIn(folder)) && !existsSync(dataIn(folder))) renameSync(asideIn(folder), dataIn(folder));
  for (const rest of [asideIn(folder), stagingIn(folder)]) rmSync(rest, { recursive: true, force: true });
}
