import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { getColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { describe, expect, test } from 'vitest';
import * as tables from '../src/tables/all.ts';
import { sqlTexts } from './support/sql-text.ts';

/** Source files by their path below src, without comments. */
type Sources = ReadonlyMap<string, string>;

/** The floors of the house, the lowest first: no import runs up. */
const floors = [
  'kernel',
  'client',
  'explorer',
  'adapters',
  'db',
  'tables',
  'model',
  'domain',
  'transfer',
  'graphql',
  'mcp',
  'http',
  'library',
  'cli',
  'main.ts',
];

const MAX_LINES = 300;
const MEDIAN_LINES = 100;
const MAX_LINE_LENGTH = 140;

const GRAPHQL = /^(?:graphql|graphql-.+|@pothos\/.+|@graphql-yoga\/.+)$/;
const DRIZZLE = /^drizzle-orm(?:\/.+)?$/;

/** Where there may be SQL; elsewhere the files that say why in a comment of their own. */
const sqlFloors = new Set(['db', 'tables', 'model', 'domain', 'transfer']);
const sqlElsewhere = new Set(['graphql/core/builder.ts', 'http/telemetry/backlog.ts']);
/** Where GraphQL may be known; `cli/schema.ts` prints the schema. */
const graphqlFloors = new Set(['graphql', 'http', 'explorer']);
const graphqlElsewhere = new Set(['cli/schema.ts']);

/** What files use of the process, where they may. */
const processUse: Record<string, string[]> = {
  'db/lock.ts': ['kill', 'pid'],
  'domain/embedding/reembed.ts': ['stderr'],
  'library/lost-failures.ts': ['on', 'off', 'listenerCount'],
  'transfer/progress.ts': ['stderr'],
};

const floorOf = (file: string) => floors.indexOf(file.split('/')[0] as string);

/** The columns and tables whose names are no plain words: what a statement must not spell by hand. */
const allTables = Object.values(tables).filter((table) => is(table, PgTable)) as PgTable[];
const columnNames = new Set(
  allTables.flatMap((table) =>
    Object.values(getColumns(table))
      .map(({ name }) => name)
      .filter((name) => name.includes('_')),
  ),
);
const tableNames = allTables.map((table) => getTableName(table));
const fromTable = new RegExp(`\\b(?:from|join|update|into)\\s+(?:${tableNames.join('|')})\\b`, 'g');

/** The rules, each with what breaks it: sentences that begin with a file. */
const rules: Record<string, (sources: Sources) => string[]> = {
  'no import runs up': (sources) =>
    [...sources.keys()].flatMap((file) =>
      importsOf(sources, file)
        .filter((name) => sources.has(name) && floorOf(name) > floorOf(file))
        .map((name) => `${file} imports ${name}`),
    ),

  'the explorer imports the client alone, and nothing imports the explorer': (sources) =>
    [...sources.keys()].flatMap((file) =>
      importsOf(sources, file)
        .filter((name) => sources.has(name))
        .filter((name) => {
          const isOf = [file, name].map((each) => each.startsWith('explorer/'));
          return isOf[0] !== isOf[1] && !(isOf[0] && name.startsWith('client/'));
        })
        .map((name) => `${file} imports ${name}`),
    ),

  'every file is on a floor': (sources) => [...sources.keys()].filter((file) => floorOf(file) < 0),

  'no two folders of a floor import each other, nor by way of others': (sources) => {
    const folders = new Map<string, Set<string>>();
    for (const file of sources.keys()) {
      const near = importsOf(sources, file).filter((name) => sources.has(name) && floorOf(name) === floorOf(file));
      const known = folders.get(dirname(file)) ?? new Set();
      for (const name of near) if (dirname(name) !== dirname(file)) known.add(dirname(name));
      folders.set(dirname(file), known);
    }
    const next = (folder: string) => folders.get(folder) ?? new Set<string>();
    return [...folders.keys()]
      .filter((folder) => reach(next, folder).has(folder))
      .map((folder) => `${folder}/ is in a circle`);
  },

  'no file imports itself by way of others': (sources) => {
    const next = (file: string) => importsOf(sources, file, { values: true }).filter((name) => sources.has(name));
    return [...sources.keys()].filter((file) => reach(next, file).has(file)).map((file) => `${file} is in a circle`);
  },

  'GraphQL is known to its own floor and to HTTP alone': (sources) =>
    [...sources.keys()]
      .filter((file) => !graphqlFloors.has(file.split('/')[0] as string) && !graphqlElsewhere.has(file))
      .flatMap((file) =>
        importsOf(sources, file)
          .filter((name) => GRAPHQL.test(name))
          .map((name) => `${file} imports ${name}`),
      ),

  'there is SQL on the floors of data alone': (sources) =>
    [...sources.keys()]
      .filter((file) => !sqlFloors.has(file.split('/')[0] as string) && !sqlElsewhere.has(file))
      .flatMap((file) =>
        importsOf(sources, file)
          .filter((name) => DRIZZLE.test(name) || name === 'db/sql.ts' || name === 'db/typed-sql.ts')
          .map((name) => `${file} imports ${name}`),
      ),

  'no statement spells a column or a table by hand: see db/typed-sql.ts': (sources) =>
    [...sources].flatMap(([file, text]) =>
      sqlTexts(text).flatMap((statement) => [
        ...[...statement.matchAll(/\b[a-z]+(?:_[a-z]+)+\b/g)]
          .filter(([word]) => columnNames.has(word) && !file.startsWith('tables/') && file !== 'db/reading.ts')
          .map(([word]) => `${file} spells ${word}`),
        ...[...statement.matchAll(fromTable)].map(([words]) => `${file} spells ${words.replace(/\s+/g, ' ')}`),
      ]),
    ),

  'nothing imports main.ts': (sources) =>
    [...sources.keys()]
      .filter((file) => importsOf(sources, file).includes('main.ts'))
      .map((file) => `${file} imports main.ts`),

  'the command line alone reads the environment, ends the process and listens to signals': (sources) =>
    [...sources]
      .filter(([file]) => file !== 'main.ts' && !file.startsWith('cli/'))
      .flatMap(([file, text]) => {
        const used = [...text.matchAll(/\bprocess\.(\w+)/g)].map(([, member]) => member as string);
        const imported = importsOf(sources, file).some((name) => /^(?:node:)?process$/.test(name)) ? ['*'] : [];
        return [...new Set([...used, ...imported])]
          .filter((member) => !processUse[file]?.includes(member))
          .map((member) => `${file} uses process.${member}`);
      }),

  'MCP over stdio is there at once: it loads neither the schema nor a database': (sources) =>
    [...reach((file) => importsOf(sources, file, { values: true }), 'cli/mcp.ts')]
      .filter((name) => GRAPHQL.test(name) || DRIZZLE.test(name) || /^(?:@electric-sql\/|postgres$|ajv)/.test(name))
      .map((name) => `cli/mcp.ts comes to ${name}`),

  'threads are made in two places: the embedded database’s, and those of work that takes long': (sources) =>
    [...sources.keys()]
      .filter((file) => !/^(?:db\/embedded(?:-worker)?|kernel\/work-thread)\.ts$/.test(file))
      .filter((file) => importsOf(sources, file).includes('node:worker_threads'))
      .map((file) => `${file} imports node:worker_threads`),
};

describe('src', () => {
  const src = join(import.meta.dirname, '../src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file));
  const texts = new Map(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]));
  const sources = new Map([...texts].map(([file, text]) => [file, withoutComments(text)]));
  const lines = new Map([...texts].map(([file, text]) => [file, text.trimEnd().split('\n')]));

  test.each(Object.entries(rules))('%s', (_rule, broken) => {
    expect(broken(sources)).toEqual([]);
  });

  test(`no file has more than ${MAX_LINES} lines, and half of them fewer than ${MEDIAN_LINES}`, () => {
    expect([...lines].filter(([, { length }]) => length > MAX_LINES).map(([file]) => file)).toEqual([]);
    const lengths = [...lines.values()].map(({ length }) => length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(MEDIAN_LINES);
  });

  test(`no line has more than ${MAX_LINE_LENGTH} characters`, () => {
    const long = [...lines].flatMap(([file, all]) =>
      all.flatMap((line, index) => (line.length > MAX_LINE_LENGTH ? [`${file}:${index + 1}`] : [])),
    );
    expect(long).toEqual([]);
  });

  test('what is allowed to use the process does', () => {
    for (const [file, members] of Object.entries(processUse)) {
      for (const member of members) expect(sources.get(file)).toContain(`process.${member}`);
    }
  });
});

describe('the rules see', () => {
  test.each<[said: string, sources: Record<string, string>]>([
    [
      'domain/memory/create.ts imports graphql',
      { 'domain/memory/create.ts': `import { GraphQLError } from 'graphql';` },
    ],
    [
      'domain/memory/list.ts imports @pothos/core',
      { 'domain/memory/list.ts': `import type {\n  ObjectRef,\n} from '@pothos/core';` },
    ],
    [
      'domain/user/users.ts imports graphql/user/type.ts',
      { 'domain/user/users.ts': `import { User } from '../../graphql/user/type.ts';`, 'graphql/user/type.ts': '' },
    ],
    [
      'db/reading.ts imports tables/memory.ts',
      { 'db/reading.ts': `import { memories } from '../tables/memory.ts';`, 'tables/memory.ts': '' },
    ],
    [
      'http/server.ts imports library/config.ts',
      { 'http/server.ts': `import type { Config } from '../library/config.ts';`, 'library/config.ts': '' },
    ],
    [
      'explorer/core/api.ts imports kernel/ids.ts',
      { 'explorer/core/api.ts': `import { decodeId } from '../../kernel/ids.ts';`, 'kernel/ids.ts': '' },
    ],
    [
      'http/explorer/page.ts imports explorer/panels/index.ts',
      {
        'http/explorer/page.ts': `import { panels } from '../../explorer/panels/index.ts';`,
        'explorer/panels/index.ts': '',
      },
    ],
    ['graphql/user/type.ts imports drizzle-orm', { 'graphql/user/type.ts': `import { sql } from 'drizzle-orm';` }],
    [
      'graphql/user/mutations.ts imports db/sql.ts',
      { 'graphql/user/mutations.ts': `import { uuids } from '../../db/sql.ts';` },
    ],
    [
      'domain/memory/ is in a circle',
      {
        'domain/memory/create.ts': `import '../entity/mention.ts';`,
        'domain/entity/mention.ts': `import '../event/record.ts';`,
        'domain/event/record.ts': `import type { NewMemory } from '../memory/plan.ts';`,
        'domain/memory/plan.ts': '',
      },
    ],
    ['domain/user/users.ts spells external_id', { 'domain/user/users.ts': 'const s = sql`select u.external_id`;' }],
    [
      'domain/user/users.ts spells from users',
      { 'domain/user/users.ts': `const s = sql\`select \${all ? sql\`1\` : sql\`2\`} from users\`;` },
    ],
    ['domain/user/users.ts imports main.ts', { 'domain/user/users.ts': `const main = await import('../../main.ts');` }],
    [
      'cli/mcp.ts comes to graphql',
      { 'cli/mcp.ts': `import '../mcp/server.ts';`, 'mcp/server.ts': `import { parse } from 'graphql';` },
    ],
    ['http/server.ts uses process.on', { 'http/server.ts': `process.on('SIGTERM', stop);` }],
    ['http/server.ts uses process.*', { 'http/server.ts': `import { exit } from 'node:process';` }],
    [
      'kernel/ids.ts imports node:worker_threads',
      { 'kernel/ids.ts': `import { threadId } from 'node:worker_threads';` },
    ],
    [
      'kernel/ids.ts is in a circle',
      { 'kernel/ids.ts': `import './point.ts';`, 'kernel/point.ts': `import './ids.ts';` },
    ],
    ['utils.ts', { 'utils.ts': '' }],
  ])('%s', (said, sources) => {
    const broken = Object.values(rules).flatMap((rule) => rule(new Map(Object.entries(sources))));
    expect(broken).toContain(said);
  });

  test.each<[allowed: string, sources: Record<string, string>]>([
    [
      'GraphQL in the schema',
      { 'graphql/user/type.ts': `import { builder } from '../core/builder.ts';\nimport 'graphql';` },
    ],
    ['SQL in the domain', { 'domain/user/list.ts': `import { sql } from 'drizzle-orm';` }],
    ['a foreign key', { 'tables/user.ts': `import { workspaces } from './workspace.ts';` }],
    ['names in code and in strings', { 'domain/user/users.ts': `const external_id = 'from users';` }],
    [
      'a statement with typed columns',
      { 'domain/user/users.ts': `sql\`select \${u.externalId} from \${aliased(u)}\`;` },
    ],
    [
      'a comment',
      {
        'http/server.ts': withoutComments(`/** Read from process.env\n * @see import 'graphql' */\n// process.exit()`),
      },
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

/** All that is come to from a place, step by step. */
function reach(next: (of: string) => Iterable<string>, of: string, seen = new Set<string>()): Set<string> {
  for (const name of next(of)) {
    if (seen.has(name)) continue;
    seen.add(name);
    reach(next, name, seen);
  }
  return seen;
}
