import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { schema } from '../../../src/graphql/schema.ts';
import { describeTools } from './descriptors.ts';
import { readDocuments } from './documents.ts';
import { operationFiles } from './operations.ts';

/** The files that are written from the documents of the tools and the schema, by their paths below `src`. */
export function toolFiles(): Map<string, string> {
  const documents = readDocuments(schema);
  const tools = describeTools(schema, documents);
  const operations = [...operationFiles(schema, documents)];
  return new Map([
    ['mcp/tools.json', `${JSON.stringify(tools, null, 2)}\n`],
    ...operations.map(([name, text]): [string, string] => [`client/operations/${name}`, formatted(text)]),
  ]);
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** As `npm run format` leaves it. */
const formatted = (input: string): string =>
  execFileSync('node_modules/.bin/biome', ['format', '--stdin-file-path=src/written.ts'], {
    cwd: root,
    input,
    encoding: 'utf8',
  });
