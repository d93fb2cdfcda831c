import type { Pools } from './fuzz-values.ts';

const IDS =
  'id_1: id companion_1: companion { id_1: id } user_1: user { id_1: id } entities_1: entities { nodes { id_1: id } }';

/** Documents that make something to speak of, and show its ids. */
export function prelude({ marker }: Pools): { query: string; variables: object }[] {
  const memories = Array.from({ length: 12 }, (_, at) => ({
    ref: `r${at}`,
    user: at % 3 === 0 ? null : { externalId: `${marker} externalId${at % 4}` },
    content: `beginning ${at} ${marker}`,
    type: ['FACT', 'EXPERIENCE', 'PREFERENCE', 'INSTRUCTION', 'REFLECTION'][at % 5],
    entities: [
      { name: `${marker} coffee`, type: `${marker} tea` },
      { name: `${marker} tea${at % 3}`, type: `${marker} tea` },
    ],
    ...(at % 4 === 1 && { slot: `${marker} slot0`, validFrom: `2026-0${1 + (at % 9)}-01T00:00:00Z` }),
  }));
  const relations = ['FOLLOWS', 'ELABORATES', 'REFERENCES', 'CAUSES', 'FOLLOWS', 'FOLLOWS'].map((type, at) => ({
    from: { ref: `r${at + 1}` },
    to: { ref: `r${at}` },
    type,
    strength: 0.5,
  }));
  return [0, 1, 2, 3].flatMap((key) => {
    const companion = { key: `${marker} key${key}` };
    return [
      ...[0, 1, 2, 3].map((user) => ({
        query:
          'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { ... on UpsertUserPayload { user { id_1: id } } } }',
        variables: { input: { externalId: `${marker} externalId${user}` } },
      })),
      {
        query:
          'mutation ($input: UpsertCompanionInput!) { upsertCompanion(input: $input) { ... on UpsertCompanionPayload { companion { id_1: id } } } }',
        variables: { input: { companion, name: marker } },
      },
      {
        query: `mutation ($input: CreateMemoriesInput!) { createMemories(input: $input) {
          ... on CreateMemoriesPayload { memories { ${IDS} } relations { id_1: id } } } }`,
        variables: { input: { companion, memories, relations } },
      },
      {
        query: `query ($companion: CompanionRef!) { memories(companion: $companion, first: 5) { nodes { ${IDS} } pageInfo { endcursor_1: endCursor } edges { cursor_1: cursor } }
          events(companion: $companion, first: 3) { nodes { id_1: id } pageInfo { endcursor_1: endCursor } } contradictions { nodes { id_1: id } } viewer { workspace { id_1: id } } }`,
        variables: { companion },
      },
    ];
  });
}
