import { randomUUID } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseUnavailable } from './database.ts';

/** PostgreSQL writes its log in files of 16 MB; with less than that it cannot begin another. */
const ROOM = 16 * 2 ** 20;
const CHUNK = Buffer.alloc(2 ** 20);
/** No space on the disk, none left of a quota, or files may not be so large. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Says of a failure of the embedded database in a folder whether the disk is full: PGlite itself ends, without a word of
 * why. Any other failure stays what it is.
 */
export function orFull(error: unknown, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const found = FULL.has(code) ? code : tryToWrite(folder);
  if (found === undefined || !FULL.has(found)) return error;
  return new DatabaseUnavailable(
    `The disk is full: there is no room in ${folder} (${found}). Free at least 100 MB, or set DATA_DIR to a folder on ` +
      'another disk, then start again: what was saved is kept.',
    { cause: error },
  );
}

/** The code of what keeps a file from being written there. */
function tryToWrite(folder: string): string | undefined {
  const file = join(folder, `palimpsest.room.${randomUUID()}`);
  try {
    const handle = openSync(file, 'w');
    try {
      for (let written = 0; written < ROOM; ) written += writeSync(handle, CHUNK);
    } finally {
      closeSync(handle);
    }
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    rmSync(file, { force: true });
  }
}
