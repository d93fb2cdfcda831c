import type { GraphCall } from './memory-server.ts';

// What the tests of the official memory server do, one sequence of calls for each: what is answered is compared with
// what that server answers. Its tests of where its file is, and of what is in it, have nothing to compare here.

const call = (name: string, given: Record<string, unknown>): GraphCall => ({ name, given });
const entities = (...made: [name: string, entityType: string, ...observations: string[]][]) =>
  call('create_entities', {
    entities: made.map(([name, entityType, ...observations]) => ({ name, entityType, observations })),
  });
const relationsOf = (made: [from: string, relationType: string, to: string][]) => ({
  relations: made.map(([from, relationType, to]) => ({ from, to, relationType })),
});
const relations = (...made: [from: string, relationType: string, to: string][]) =>
  call('create_relations', relationsOf(made));
const observe = (entityName: string, ...contents: string[]) =>
  call('add_observations', { observations: [{ entityName, contents }] });
const search = (query: string) => call('search_nodes', { query });
const nodes = (...names: string[]) => call('open_nodes', { names });

const alice = entities(['Alice', 'person', 'works at Acme']);
const people = entities(['Alice', 'person'], ['Bob', 'person'], ['Charlie', 'person']);
const chain = relations(['Alice', 'knows', 'Bob'], ['Bob', 'knows', 'Charlie']);
const firm = [
  entities(
    ['Alice', 'person', 'works at Acme Corp', 'likes programming'],
    ['Bob', 'person', 'works at TechCo'],
    ['Acme Corp', 'company', 'tech company'],
  ),
  relations(['Alice', 'works_at', 'Acme Corp'], ['Bob', 'competitor', 'Acme Corp']),
];

export const cases: Record<string, GraphCall[]> = {
  'entities are made': [entities(['Alice', 'person', 'works at Acme'], ['Bob', 'person', 'likes programming'])],
  'an entity that is there is not made again': [alice, alice],
  'no entities are made of none': [entities()],
  'relations are made': [people, relations(['Alice', 'knows', 'Bob'])],
  'a relation that is there is not made again': [
    people,
    relations(['Alice', 'knows', 'Bob']),
    relations(['Alice', 'knows', 'Bob']),
  ],
  'no relations are made of none': [relations()],
  'a relation may have ends that are no entities': [relations(['Alice', 'knows', 'Nobody']), search('Alice')],
  'observations are added': [alice, observe('Alice', 'likes coffee', 'has a dog')],
  'an observation that is there is not added again': [
    alice,
    observe('Alice', 'likes coffee'),
    observe('Alice', 'likes coffee', 'has a dog'),
  ],
  'nothing is added to an unknown entity': [observe('Nobody', 'an observation')],
  'nothing at all is added where one entity is unknown': [
    alice,
    call('add_observations', {
      observations: [
        { entityName: 'Alice', contents: ['has a dog'] },
        { entityName: 'Nobody', contents: ['has a cat'] },
      ],
    }),
  ],
  'entities are deleted': [people, call('delete_entities', { entityNames: ['Alice'] })],
  'with an entity its relations are deleted': [people, chain, call('delete_entities', { entityNames: ['Bob'] })],
  'an entity that is deleted can be made again': [
    alice,
    call('delete_entities', { entityNames: ['Alice'] }),
    alice,
    observe('Alice', 'works at Acme', 'is back'),
  ],
  'an unknown entity is deleted': [call('delete_entities', { entityNames: ['Nobody'] })],
  'observations are deleted': [
    alice,
    observe('Alice', 'likes coffee'),
    call('delete_observations', { deletions: [{ entityName: 'Alice', observations: ['likes coffee'] }] }),
  ],
  'an observation of an unknown entity is deleted': [
    call('delete_observations', { deletions: [{ entityName: 'Nobody', observations: ['an observation'] }] }),
  ],
  'relations are deleted': [
    people,
    relations(['Alice', 'knows', 'Bob'], ['Alice', 'works_with', 'Bob']),
    call('delete_relations', relationsOf([['Alice', 'knows', 'Bob']])),
  ],
  'a graph is empty at first': [],
  'a graph is read': [alice, relations(['Alice', 'self', 'Alice'])],
  'nodes are found by name': [...firm, search('Alice')],
  'nodes are found by type': [...firm, search('company')],
  'nodes are found by observations': [...firm, search('programming')],
  'case does not matter to a search': [...firm, search('ALICE')],
  'relations of which one end is found are found': [...firm, search('Acme'), search('Bob')],
  'nothing is found': [...firm, search('Nobody')],
  'nodes are opened': [people, chain, nodes('Alice', 'Bob')],
  'nodes are opened with relations from both sides': [people, chain, nodes('Bob'), nodes('Alice'), nodes('Charlie')],
  'no nodes are opened': [people, chain, nodes('Nobody'), nodes()],
};
