import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseUnavailable } from './database.ts';
import { orFull } from './room.ts';

const NAME = 'palimpsest.lock';

/** A process. Its start distinguishes it from a later one with the same id. */
interface Owner {
  pid: number;
  /** What the system says of the process's start; undefined where it says nothing. */
  start: string | undefined;
}

/**
 * Takes the data folder for this process, by a lock file that names it: two processes in one folder lose rows without
 * an error. A lock whose owner is dead is taken over, a live owner's never. Returns what gives it back.
 * Throws {@link DatabaseUnavailable}.
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, NAME);
  let other: Owner | undefined;
  try {
    mkdirSync(folder, { recursive: true });
    other = take(file);
  } catch (error) {
    const why = orFull(error, folder);
    if (why instanceof DatabaseUnavailable) throw why;
    throw new DatabaseUnavailable(`The data folder ${folder} cannot be used: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  if (!other) return () => rmSync(file, { force: true });
  throw new DatabaseUnavailable(
    `The data folder ${folder} is in use by process ${other.pid}: stop that server first, or set DATA_DIR to another folder.`,
  );
}

/**
 * Takes a lock, or returns who has it. Only its owner removes a lock. The lock of a dead owner is replaced only under
 * the lock of the takeover, after a second look at it: of many processes that try at once, one succeeds.
 */
function take(file: string): Owner | undefined {
  const own = `${file}.${process.pid}`;
  try {
    writeFileSync(own, [process.pid, startOf(process.pid)].join(' '));
    while (!create(own, file)) {
      const owner = read(file);
      if (!owner) continue;
      if (isAlive(owner)) return owner;
      const takeover = `${file}.takeover`;
      const rival = take(takeover);
      if (rival) return rival;
      try {
        const found = read(file);
        if (!found || isAlive(found)) continue;
        renameSync(own, file);
        return undefined;
      } finally {
        rmSync(takeover, { force: true });
      }
    }
    return undefined;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Gives the lock file its name unless it is taken, with its content at once: it is never seen half written. */
function create(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The live process that has a data folder; undefined where none has it. */
export function ownerOf(folder: string): number | undefined {
  const owner = read(join(folder, NAME));
  return owner && isAlive(owner) ? owner.pid : undefined;
}

/** The process that a lock file names; undefined where there is none. */
function read(file: string): Owner | undefined {
  try {
    const [pid, start] = readFileSync(file, 'utf8').trim().split(' ');
    return { pid: Number(pid), start: start || undefined };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive({ pid, start }: Owner): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return start === undefined || now === undefined || now === start;
}

/** When a process started, in ticks since the system did, where there is /proc; for one that has ended, `ended`. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name, which may hold anything in its parentheses: the state is the first field, the start the 20th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}
