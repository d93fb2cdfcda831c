import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { dist } from './library.ts';

/** Where a declaration names another file, with the ending that its source has. */
const REFERENCE = /((?:from|import)\s*\(?\s*['"])(\.{1,2}\/[^'"]+)\.ts(?=['"])/g;

/**
 * Of all declarations that were written, keeps those that somebody who imports the library comes to, and lets them name
 * each other as programs do.
 */
export function keepTypesOf(entries: readonly string[]): void {
  const reached = new Set<string>();
  const reach = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll(REFERENCE, '$1$2.js'));
    for (const [, , path] of text.matchAll(REFERENCE)) reach(resolve(dirname(file), `${path}.d.ts`));
  };
  for (const entry of entries) reach(join(dist, `${entry}.d.ts`));
  const written = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'));
  for (const file of written) if (!reached.has(join(dist, file))) rmSync(join(dist, file));
}
