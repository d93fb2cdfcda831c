import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Source files by their path below src, without comments. */
type Sources = ReadonlyMap<string, string>;

const MAX_LINES = 300;

/** What a file of a feature's folder is called where it defines the schema; any other is free of GraphQL. */
const SCHEMA_FILE = /^(?:type|queries|mutations|inputs|enums|\w+-(?:mutations|inputs))\.ts$/;
/** The files outside of the features' folders that the schema is made with. */
const SCHEMA_PARTS = /^(?:schema|builder|scalars|node|mutation|selection|[\w-]+-type)\.ts$/;
/** What serves the schema, or prints it, and what tells the cost of a document. */
const SERVING = /^(?:main|server)\.ts$|^(?:cli|plugins|cost)\//;

const isOfSchema = (file: string) =>
  dirname(file) === '.' ? SCHEMA_PARTS.test(file) : SCHEMA_FILE.test(basename(file));

const GRAPHQL = /^(?:graphql|graphql-.+|@pothos\/.+|@graphql-yoga\/.+)$/;
const SQL = /^drizzle-orm(?:\/.+)?$|^db\/sql\.ts$/;

/** What files use of the process, where they may. */
const processUse: Record<string, string[]> = {
  'db/lock.ts': ['kill', 'pid'],
  'embedding/reembed.ts': ['stderr'],
  'transfer/progress.ts': ['stderr'],
};

/** The rules, each with what breaks it: sentences that begin with a file. */
const rules: Record<string, (sources: Sources) => string[]> = {
  'what is not of the schema knows nothing of GraphQL, nor does what it imports': (sources) =>
    [...sources.keys()]
      .filter((file) => !isOfSchema(file) && !SERVING.test(file))
      .flatMap((file) =>
        importsOf(sources, file)
          .filter((name) => GRAPHQL.test(name) || (sources.has(name) && (isOfSchema(name) || SERVING.test(name))))
          .map((name) => `${file} imports ${name}`),
      ),

  'what is of the schema contains no SQL': (sources) =>
    [...sources.keys()]
      .filter((file) => isOfSchema(file) && file !== 'builder.ts')
      .flatMap((file) =>
        importsOf(sources, file)
          .filter((name) => SQL.test(name))
          .map((name) => `${file} imports ${name}`),
      ),

  "a feature reaches another's tables through db/tables.ts; but tables refer to each other": (sources) =>
    [...sources.keys()]
      .filter((file) => file !== 'db/tables.ts' && basename(file) !== 'table.ts')
      .flatMap((file) =>
        importsOf(sources, file)
          .filter((name) => basename(name) === 'table.ts' && dirname(name) !== dirname(file))
          .map((name) => `${file} imports ${name}`),
      ),

  'nothing imports main.ts': (sources) =>
    [...sources.keys()]
      .filter((file) => importsOf(sources, file).includes('main.ts'))
      .map((file) => `${file} imports main.ts`),

  'no file imports itself by way of others': (sources) =>
    [...sources.keys()].filter((file) => reach(sources, file).has(file)).map((file) => `${file} is in a circle`),

  'main.ts alone reads the environment, ends the process and listens to signals': (sources) =>
    [...sources]
      .filter(([file]) => file !== 'main.ts')
      .flatMap(([file, text]) => {
        const used = [...text.matchAll(/\bprocess\.(\w+)/g)].map(([, member]) => member as string);
        const imported = importsOf(sources, file).some((name) => /^(?:node:)?process$/.test(name)) ? ['*'] : [];
        return [...new Set([...used, ...imported])]
          .filter((member) => !processUse[file]?.includes(member))
          .map((member) => `${file} uses process.${member}`);
      }),

  'threads are the embedded database’s alone': (sources) =>
    [...sources.keys()]
      .filter((file) => !/^db\/embedded(?:-worker)?\.ts$/.test(file))
      .filter((file) => importsOf(sources, file).includes('node:worker_threads'))
      .map((file) => `${file} imports node:worker_threads`),
};

describe('src', () => {
  const src = join(import.meta.dirname, '../src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const texts = new Map(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]));
  const sources = new Map([...texts].map(([file, text]) => [file, withoutComments(text)]));

  test.each(Object.entries(rules))('%s', (_rule, broken) => {
    expect(broken(sources)).toEqual([]);
  });

  test(`no file has more than ${MAX_LINES} lines`, () => {
    const long = [...texts].filter(([, text]) => text.trimEnd().split('\n').length > MAX_LINES);
    expect(long.map(([file]) => file)).toEqual([]);
  });

  test('what is allowed to use the process does', () => {
    for (const [file, members] of Object.entries(processUse)) {
      for (const member of members) expect(sources.get(file)).toContain(`process.${member}`);
    }
  });
});

describe('the rules see', () => {
  test.each<[said: string, sources: Record<string, string>]>([
    ['memory/create.ts imports graphql', { 'memory/create.ts': `import { GraphQLError } from 'graphql';` }],
    [
      'memory/list.ts imports @pothos/core',
      { 'memory/list.ts': `import type {\n  ObjectRef,\n} from '@pothos/core';` },
    ],
    [
      'user/operations.ts imports user/type.ts',
      { 'user/operations.ts': `import { User } from './type.ts';`, 'user/type.ts': '' },
    ],
    [
      'context.ts imports builder.ts',
      { 'context.ts': `export { builder } from './builder.ts';`, 'builder.ts': `import 'graphql';` },
    ],
    [
      'context.ts imports plugins/use-error-codes.ts',
      { 'context.ts': `import './plugins/use-error-codes.ts';`, 'plugins/use-error-codes.ts': '' },
    ],
    ['user/type.ts imports drizzle-orm', { 'user/type.ts': `import { sql } from 'drizzle-orm';` }],
    ['user/mutations.ts imports db/sql.ts', { 'user/mutations.ts': `import { uuids } from '../db/sql.ts';` }],
    ['node.ts imports drizzle-orm/pg-core', { 'node.ts': `import { text } from 'drizzle-orm/pg-core';` }],
    ['user/list.ts imports memory/table.ts', { 'user/list.ts': `import { memories } from '../memory/table.ts';` }],
    ['db/history.ts imports memory/table.ts', { 'db/history.ts': `import { memories } from '../memory/table.ts';` }],
    ['user/list.ts imports main.ts', { 'user/list.ts': `const main = await import('../main.ts');` }],
    ['config.ts uses process.env', { 'config.ts': 'const { PORT } = process.env;' }],
    ['server.ts uses process.on', { 'server.ts': `process.on('SIGTERM', stop);` }],
    ['server.ts uses process.*', { 'server.ts': `import { exit } from 'node:process';` }],
    ['log.ts imports node:worker_threads', { 'log.ts': `import { threadId } from 'node:worker_threads';` }],
    ['ids.ts is in a circle', { 'ids.ts': `import './point.ts';`, 'point.ts': `import './ids.ts';` }],
  ])('%s', (said, sources) => {
    const broken = Object.values(rules).flatMap((rule) => rule(new Map(Object.entries(sources))));
    expect(broken).toContain(said);
  });

  test.each<[allowed: string, sources: Record<string, string>]>([
    [
      'GraphQL in the schema',
      { 'user/type.ts': `import { builder } from '../builder.ts';`, 'builder.ts': `import 'graphql';` },
    ],
    ['SQL in an operation', { 'user/list.ts': `import { sql } from 'drizzle-orm';` }],
    ['a foreign key', { 'user/table.ts': `import { workspaces } from '../workspace/table.ts';` }],
    [
      'a comment',
      { 'config.ts': withoutComments(`/** Read from process.env\n * @see import 'graphql' */\n// process.exit()`) },
    ],
  ])('nothing wrong with %s', (_allowed, sources) => {
    expect(Object.values(rules).flatMap((rule) => rule(new Map(Object.entries(sources))))).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

const IMPORT =
  /^(?:import|export)\s(?<type>type\s)?(?:[^'"]*?\sfrom\s)?'(?<name>[^']+)'|\bimport\('(?<late>[^']+)'\)/gm;

/** What a file imports or exports from elsewhere: files by their path below src, packages by their name. */
function importsOf(sources: Sources, file: string, { values = false } = {}): string[] {
  return [...(sources.get(file) ?? '').matchAll(IMPORT)]
    .filter(({ groups }) => !values || (!groups?.type && !groups?.late))
    .map(({ groups }) => groups?.name ?? (groups?.late as string))
    .map((name) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
}

/** The files that run before a file does. */
function reach(sources: Sources, file: string, seen = new Set<string>()): Set<string> {
  for (const name of importsOf(sources, file, { values: true })) {
    if (!sources.has(name) || seen.has(name)) continue;
    seen.add(name);
    reach(sources, name, seen);
  }
  return seen;
}
