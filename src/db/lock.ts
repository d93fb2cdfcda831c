import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseUnavailable } from './database.ts';

/**
 * Takes the data folder for this process, by a lock file with its process id: two processes in one folder lose rows
 * without an error. A lock whose owner is dead is taken over, a live owner's never. Returns what gives it back.
 * Throws {@link DatabaseUnavailable}.
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'palimpsest.lock');
  try {
    mkdirSync(folder, { recursive: true });
    for (let attempt = 0; attempt < 3; attempt++) {
      if (create(file)) return () => rmSync(file, { force: true });
      const owner = readOwner(file);
      if (owner !== undefined && isAlive(owner)) {
        throw new DatabaseUnavailable(
          `The data folder ${folder} is in use by process ${owner}: stop that server first, or set DATA_DIR to another folder.`,
        );
      }
      rmSync(file, { force: true });
    }
  } catch (error) {
    if (error instanceof DatabaseUnavailable) throw error;
    throw new DatabaseUnavailable(`The data folder ${folder} cannot be used: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  throw new DatabaseUnavailable(`The data folder ${folder} is being opened by another process.`);
}

/** Creates the lock file unless it exists; the system makes sure that one process alone succeeds. */
function create(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx');
    writeSync(descriptor, `${process.pid}\n`);
    closeSync(descriptor);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readOwner(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
