import fc from 'fast-check';
import { expect, test } from 'vitest';
import { patience } from './support/calibration.ts';
import { type Edge, reach, shortest } from './support/graph-model.ts';
import { createMemories } from './support/memories.ts';
import { useService } from './support/service.ts';

const service = useService();

const GRAPH = `query ($input: GraphInput!, $at: PointInTime) {
  graph(input: $input, at: $at) {
    memories { memory { id } depth via { id } } relations { id from { id } to { id } } truncated relationsTruncated
  }
}`;
const PATH = `query ($input: PathInput!, $at: PointInTime) {
  path(input: $input, at: $at) { length strength memories { id } relations { id } }
}`;

const SIZE = 9;
const types = ['FOLLOWS', 'ELABORATES', 'REFERENCES'];
const node = fc.nat(SIZE - 1);
const edge = fc.record({
  from: node,
  to: node,
  type: fc.constantFrom(...types),
  strength: fc.constantFrom(0, 0.25, 0.5, 1),
});
const edges = fc
  .uniqueArray(edge, { selector: ({ from, to, type }) => `${from} ${to} ${type}`, maxLength: 30 })
  .map((made) => made.filter(({ from, to }) => from !== to));
const follows = {
  direction: fc.constantFrom('OUT', 'IN', null),
  types: fc.option(fc.uniqueArray(fc.constantFrom(...types), { minLength: 1 })),
  minStrength: fc.option(fc.constantFrom(0.25, 0.5, 0.6)),
};
const graphs = fc.record({
  starts: fc.uniqueArray(node, { minLength: 1, maxLength: 3 }),
  depth: fc.nat(6),
  maxNodes: fc.integer({ min: 1, max: SIZE + 1 }),
  ...follows,
});
const paths = fc.record({ from: node, to: node, maxDepth: fc.nat(10), ...follows });

let worlds = 0;

/** Makes memories with these relations; they are named by their places from then on. */
async function make(planned: Omit<Edge, 'id'>[]) {
  worlds++;
  const made = await createMemories(service, {
    memories: Array.from({ length: SIZE }, (_, index) => ({
      ref: `${index}`,
      content: `World ${worlds}, memory ${index}`,
      type: 'FACT',
    })),
    relations: planned.map(({ from, to, ...rest }) => ({ from: { ref: `${from}` }, to: { ref: `${to}` }, ...rest })),
  });
  const ids = made.memories.map(({ id }) => id);
  return { ids, edges: planned.map((each, index): Edge => ({ ...each, id: made.relations[index]?.id as string })) };
}

/** An answer about another point in time as if it were about now. */
const withoutPoint = <T>(answer: T): T =>
  JSON.parse(JSON.stringify(answer), (key, value) => (key === 'id' ? value.split('@')[0] : value));

test(
  'graph and path answer what plain searches over all relations do, now and in the past',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        edges,
        fc.array(graphs, { minLength: 3, maxLength: 6 }),
        fc.array(paths, { minLength: 3, maxLength: 6 }),
        async (planned, askedGraphs, askedPaths) => {
          const { ids, edges } = await make(planned);
          const then = { knownAt: new Date().toISOString() };
          for (const { starts, ...asked } of askedGraphs) {
            const expected = reach(edges, starts, asked);
            const input = { ...asked, from: starts.map((start) => ids[start]) };
            const { graph } = await service.run(GRAPH, { input });
            expect(graph).toEqual({
              memories: expected.nodes.map(({ memory, depth, via }) => ({
                memory: { id: ids[memory] },
                depth,
                via: via && { id: via.id },
              })),
              relations: expected.relations.map(({ id, from, to }) => ({
                id,
                from: { id: ids[from] },
                to: { id: ids[to] },
              })),
              truncated: expected.truncated,
              relationsTruncated: false,
            });
            expect(withoutPoint((await service.run(GRAPH, { input, at: then })).graph)).toEqual(graph);
          }
          for (const { from, to, ...asked } of askedPaths) {
            const expected = shortest(edges, from, to, asked);
            const input = { ...asked, from: ids[from], to: ids[to] };
            const { path } = await service.run(PATH, { input });
            expect(path).toEqual(
              expected && {
                length: expected.relations.length,
                strength: expect.closeTo(expected.strength, 12),
                memories: expected.memories.map((memory) => ({ id: ids[memory] })),
                relations: expected.relations.map(({ id }) => ({ id })),
              },
            );
            expect(withoutPoint((await service.run(PATH, { input, at: then })).path)).toEqual(path);
          }
        },
      ),
      {
        numRuns: 25,
        // Shortest paths that all have a relation of strength 0, one of them beginning with stronger ones.
        examples: [
          [
            [
              { from: 6, to: 7, type: 'REFERENCES', strength: 0.25 },
              { from: 6, to: 8, type: 'REFERENCES', strength: 0.25 },
              { from: 3, to: 7, type: 'FOLLOWS', strength: 0 },
              { from: 3, to: 8, type: 'ELABORATES', strength: 0.25 },
              { from: 8, to: 0, type: 'ELABORATES', strength: 0 },
            ],
            [],
            [{ from: 7, to: 0, maxDepth: 6, direction: null, types: null, minStrength: null }],
          ],
        ],
      },
    );
  },
  patience(180_000),
);
