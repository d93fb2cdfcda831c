import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { serviceOn, type TestService } from './support/service.ts';

let real: Database;
let service: TestService;
/** What somebody else does between the commit of a mutation and the reading of its answer. */
let meanwhile: string | undefined;

beforeAll(async () => {
  real = await openTestDatabase();
  const database: Database = {
    ...real,
    async connect(...who) {
      const session = await real.connect(...who);
      return {
        query: (...statement) => session.query(...statement),
        release: () => session.release(),
        finish: () => session.finish(),
        async script(text) {
          if (meanwhile && text.startsWith('begin') && text.includes('read only')) {
            await session.script(meanwhile);
            meanwhile = undefined;
          }
          return session.script(text);
        },
      };
    },
  };
  service = serviceOn(recordStatements(database), await localEmbeddings());
  await service.run('{ viewer { scopes } }');
});
afterAll(() => real.close());

test.each([
  ['companion', 'upsertCompanion(input: {companion: {key: "iris"}, name: "Iris"})', 'UpsertCompanionPayload', 'config'],
  ['user', 'upsertUser(input: {externalId: "maya"})', 'UpsertUserPayload', 'metadata'],
])('a %s that was deleted before the answer was read is NOT_FOUND', async (kind, mutation, payload, field) => {
  meanwhile = `delete from ${kind}s`;
  const { errors } = await service.sendUntyped(
    `mutation { made: ${mutation} { ... on ${payload} { ${kind} { createdAt } again: ${kind} { ${field} } } } }`,
  );
  expect(meanwhile).toBeUndefined();
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
  expect(service.logged).toEqual([]);
});
