import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { openEmbedded } from '../src/db/embedded.ts';
import { patience } from './support/calibration.ts';
import { openTestDatabase, recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { createMemories } from './support/memories.ts';
import { serviceOn, type TestService } from './support/service.ts';

vi.setConfig({ testTimeout: patience(60_000), hookTimeout: patience(60_000) });

const open = async (textSearchConfig: string): Promise<Database> => {
  const dump = inject('dump');
  if (dump) return openEmbedded({ dump: readFileSync(dump), textSearchConfig });
  return { ...(await openTestDatabase()), textSearchConfig };
};

interface Language {
  said: (string | { content: string; validFrom: string })[];
  /** What is filtered for, or asked, and the place in `said` of what is found (first). */
  filters: [text: string, found: number[]][];
  questions: [question: string, first: number][];
}

const languages: Record<string, Language> = {
  german: {
    said: [
      'Die Häuser an der Königstraße wurden 1.450 Euro teurer',
      'Anna hat am 1. März 2026 den Mietvertrag unterschrieben',
      { content: 'Der Hund schläft gern im Körbchen', validFrom: '2025-12-24T00:00:00Z' },
      'Das Über-Ich, so Müller, ist größer als die Straße',
    ],
    filters: [
      ['Haus', [0]],
      ['konigstrasse', [0]],
      ['KÖNIGSTRASSE', [0]],
      ['1450', [0]],
      ['1.450 Euro', [0]],
      ['2026-03-01', [1]],
      ['"am 1. März"', [1]],
      ['miet*', [1]],
      ['muller', [3]],
      ['"Das Über-Ich"', [3]],
      ['"so Muller"', [3]],
      ['grösser', [3]],
    ],
    questions: [
      ['Was kostet das Haus?', 0],
      ['Was geschah am 2026-03-01?', 1],
      ['Wer unterschrieb am 1.3.2026?', 1],
      ['Was war am 24. Dezember 2025?', 2],
      ['Wo schlaft der Hund?', 2],
    ],
  },
  spanish: {
    said: [
      'Los niños tomaron el autobús de las 8:30 a Córdoba',
      'Mi contraseña está en src/config/acceso.ts',
      'Más vale tarde que nunca, dijo Íñigo el 1 de marzo de 2026',
      { content: 'Las canciones de José son alegres', validFrom: '2025-08-14T00:00:00Z' },
    ],
    filters: [
      ['niño', [0]],
      ['nino', [0]],
      ['cordoba', [0]],
      ['acceso.ts', [1]],
      ['contrasena', [1]],
      ['inigo', [2]],
      ['"más vale"', [2]],
      ['01.03.2026', [2]],
      ['canción', [3]],
      ['jose', [3]],
      ['JOSÉ', [3]],
      ['canc*', [3]],
    ],
    questions: [
      ['¿Dónde está la contraseña?', 1],
      ['¿Qué pasó el 14 de agosto?', 3],
      ['que paso el 2025-08-14', 3],
      ['¿Quién es Inigo?', 2],
    ],
  },
  french: {
    said: [
      "L'été dernier, Zoé a étudié à l'École normale",
      'Le loyer est de 1\u202f450 euros par mois',
      'Rendez-vous chez le médecin le 1er mars 2026',
      { content: 'Les chevaux mangent du foin', validFrom: '2025-08-14T00:00:00Z' },
    ],
    filters: [
      ['ete', [0]],
      ['zoe', [0]],
      ['ecole', [0]],
      ['étudier', [0]],
      ['1450', [1]],
      ['1\u00a0450', [1]],
      ['rendez-vous', [2]],
      ['medecin', [2]],
      ['March 1, 2026', [2]],
      ['cheval*', [3]],
      ['chev*', [3]],
      ['"chez le médecin"', [2]],
    ],
    questions: [
      ["Qui a étudié l'été dernier ?", 0],
      ['Où était le rendez vous du 2026-03-01 ?', 2],
      ['Que se passa-t-il le 14 août 2025 ?', 3],
    ],
  },
  simple: {
    said: [
      'The Who played in São Paulo',
      'ticket ABC-1234: naïve façade',
      '2026-03-01 東京で寿司を食べた',
      { content: 'Кошка живёт дома', validFrom: '2026-03-02T00:00:00Z' },
    ],
    filters: [
      ['the who', [0]],
      ['"The Who"', [0]],
      ['sao', [0]],
      ['facade', [1]],
      ['1234', [1]],
      ['abc-1234', [1]],
      ['寿司', [2]],
      ['1 March 2026', [2]],
      ['живет', [3]],
      ['кош*', [3]],
      ['play', []],
      ['play*', [0]],
    ],
    questions: [
      ['naive facade', 1],
      ['what was on March 2nd, 2026', 3],
      ['寿司はどこで食べた？', 2],
    ],
  },
};

describe.each(Object.entries(languages))('%s', (config, { said, filters, questions }) => {
  let database: Database;
  let service: TestService;
  const contents = said.map((each) => (typeof each === 'string' ? each : each.content));
  beforeAll(async () => {
    database = await open(config);
    service = serviceOn(recordStatements(database), await localEmbeddings(), `words ${config}`);
    await createMemories(service, {
      companion: { key: 'iris' },
      memories: said.map((each) => ({
        type: 'FACT',
        validFrom: '2025-06-05T00:00:00Z',
        ...(typeof each === 'string' ? { content: each } : each),
      })),
    });
  });
  afterAll(() => database.close());

  test.each(filters)('the filter %j', async (text, found) => {
    const { memories } = await service.run(
      'query ($text: String!) { memories(filter: {text: $text}) { nodes { content } } }',
      { text },
    );
    expect(memories.nodes.map(({ content }) => contents.indexOf(content)).toSorted()).toEqual(found);
  });

  test.each(questions)('the question %j', async (query, first) => {
    const { recall } = await service.run(
      'query ($query: String!) { recall(input: {companion: {key: "iris"}, query: $query, mode: LEXICAL}) { nodes { content } } }',
      { query },
    );
    expect(recall.nodes.map(({ content }) => contents.indexOf(content))[0]).toBe(first);
  });
});

test('what has the accents that are asked for comes first', async () => {
  const database = await open('english');
  const service = serviceOn(recordStatements(database), await localEmbeddings(), 'accents');
  await createMemories(service, {
    companion: { key: 'iris' },
    memories: ['We had a resume ready', 'We had a résumé ready', 'Nothing of the kind'].map((content) => ({
      type: 'FACT',
      content,
      validFrom: '2025-06-05T00:00:00Z',
    })),
  });
  const found = async (query: string) => {
    const { recall } = await service.run(
      'query ($query: String!) { recall(input: {companion: {key: "iris"}, query: $query, mode: LEXICAL}) { nodes { content } } }',
      { query },
    );
    return recall.nodes.map(({ content }) => content);
  };
  expect(await found('résumé')).toEqual(['We had a résumé ready', 'We had a resume ready']);
  expect((await found('resume')).toSorted()).toEqual(['We had a resume ready', 'We had a résumé ready']);
  await database.close();
});
