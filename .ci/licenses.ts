import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist } from './library.ts';

const FOLDER = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** Writes which packages are built in, each with its licence, as these ask for. */
export function writeLicenses(modules: readonly string[]): void {
  const folders = new Set(modules.flatMap((id) => FOLDER.exec(id.replace(/^\0/, ''))?.[1] ?? []));
  const texts = new Map([...folders].map((folder) => licenseOf(folder)));
  const sorted = [...texts].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text);
  writeFileSync(join(dist, 'LICENSES.txt'), `Built into Palimpsest:\n\n${sorted.join('\n')}`);
}

/** A package with its version, and what is said of it. */
function licenseOf(folder: string): [name: string, text: string] {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i.test(file));
  const by = typeof author === 'string' ? author : author?.name;
  const said = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const text = said.length > 0 ? said.join('\n\n') : `Licence: ${license}${by ? `, by ${by}` : ''}`;
  if (files.length === 0 && !license) throw new Error(`${name} has no licence.`);
  const heading = `${name} ${version}`;
  return [heading, `${heading}\n${'-'.repeat(heading.length)}\n${text}\n`];
}
