// Around `npm pack`: gives the library its package.json, and puts that of the repository back.
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packedManifest, root } from './library.ts';

const file = join(root, 'package.json');
const folder = join(root, 'node_modules/.cache');
const aside = join(folder, 'package.json');

if (process.argv[2] === 'before') {
  const text = `${JSON.stringify(packedManifest(), null, 2)}\n`;
  mkdirSync(folder, { recursive: true });
  copyFileSync(file, aside);
  writeFileSync(file, text);
} else if (existsSync(aside)) {
  copyFileSync(aside, file);
  rmSync(aside);
}
