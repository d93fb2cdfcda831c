import fc from 'fast-check';
import { beforeAll, expect, test, vi } from 'vitest';
import { encodeId } from '../src/kernel/ids.ts';
import { hearCompiled } from './support/both-ways.ts';
import { patience } from './support/calibration.ts';
import { CompiledDocument, type Named } from './support/compiled-documents.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { serviceOn, type TestService } from './support/service.ts';
import { tellStory } from './support/story.ts';

vi.setConfig({ testTimeout: patience(120_000) });
const RUNS = 250;

let service: TestService;
let named: Named;
let compiled = 0;

beforeAll(async () => {
  const database = recordStatements(await openTestDatabase());
  service = serviceOn(database, await localEmbeddings(), 'acme', undefined, null, { requests: { ratePerMinute: 0 } });
  const { variables } = await tellStory(service, database);
  const texts = Object.entries(variables).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  named = {
    memories: [
      ...texts.map(([, text]) => text).filter((text) => text.startsWith('mem_')),
      'mem_0',
      encodeId('Memory', '01890a5d-ac96-774b-bcce-b302099a8057'),
    ],
    moments: [...texts.filter(([name]) => /^after/.test(name)).map(([, text]) => text), '2002-06-01T00:00:00Z'],
    companions: ['iris', 'otto', 'nobody'],
    users: ['maya', 'lena', 'nobody'],
    conversations: ['talk', 'empty', 'nobody'],
    entities: texts.map(([, text]) => text).filter((text) => text.startsWith('ent_')),
    messages: texts.map(([, text]) => text).filter((text) => text.startsWith('msg_')),
    cursors: [],
  };
  hearCompiled(async () => void compiled++);
  return () => database.close();
});

const { differences = [] } = globalThis as { differences?: string[] };

test('any document of what is compiled is answered as by the executor', async () => {
  const cursors: string[] = [];
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (g) => {
      const document = new CompiledDocument(g, { ...named, cursors: cursors.slice(-20) });
      const text = document.write();
      const { data, errors } = await service.sendUntyped(text, document.variables);
      const found = JSON.stringify(data ?? null).matchAll(/"(?:\w*[cC]ursor)":"([^"]+)"/g);
      cursors.push(...[...found].map(([, cursor]) => cursor as string));
      if (errors) refused++;
      // What is wrong with a document itself says nothing of how it is answered; one may ask too much.
      expect(
        errors?.filter(({ path, extensions }) => !path && extensions.code !== 'LIMIT_EXCEEDED') ?? [],
        text,
      ).toEqual([]);
      expect(differences.splice(0)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
  expect(compiled).toBeGreaterThan(RUNS / 2);
  expect(refused).toBeGreaterThan(0);
});
