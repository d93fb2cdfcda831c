import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownerOf } from '../db/lock.ts';

/** A file in a data folder that says where its server is, for programs of this machine that use it. */
const NAME = 'palimpsest.server';

interface Announcement {
  /** Of the process that has the folder. */
  pid: number;
  /** Where GraphQL is. */
  url: string;
}

/** Says where the server of a folder is, which this process has locked. Returns what takes it back. */
export function announce(folder: string, pid: number, url: string): () => void {
  const file = join(folder, NAME);
  const own = `${file}.${pid}`;
  // Never seen half written.
  writeFileSync(own, JSON.stringify({ pid, url } satisfies Announcement));
  renameSync(own, file);
  return () => rmSync(file, { force: true });
}

/** Where the server is that has a folder; undefined where none has it, or it has not said yet. */
export function announced(folder: string): string | undefined {
  try {
    const { pid, url } = JSON.parse(readFileSync(join(folder, NAME), 'utf8')) as Announcement;
    // Whoever has the folder now: a file that a crash left says where another server was.
    return pid === ownerOf(folder) && URL.canParse(url) ? url : undefined;
  } catch {
    return undefined;
  }
}
