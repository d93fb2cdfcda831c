// Writes what is made from the documents in src/mcp/tools: descriptors of tools, and typed documents for programs.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { toolFiles } from './tools/files.ts';

const src = new URL('../../src/', import.meta.url);
const operations = new URL('client/operations/', src);
mkdirSync(operations, { recursive: true });
const files = toolFiles();
for (const name of readdirSync(operations))
  if (!files.has(`client/operations/${name}`)) rmSync(new URL(name, operations));
for (const [path, text] of files) writeFileSync(new URL(path, src), text);
