import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { inject } from 'vitest';
import { dataIn } from '../../src/db/embedded-folder.ts';

/**
 * Makes a data folder with a migrated, empty database, as a server leaves one that is stopped, and answers its path:
 * it spares a program that is started there the seconds it takes to make one. The folder must not be there.
 */
export function migratedFolder(path: string): string {
  const dump = inject('dump');
  if (dump === undefined) return path;
  mkdirSync(dataIn(path), { recursive: true, mode: 0o700 });
  // Its paths are absolute, which tar makes relative and says.
  execFileSync('tar', ['-xf', dump, '-C', dataIn(path)], { stdio: 'pipe' });
  return path;
}
