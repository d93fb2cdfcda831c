import { z } from 'zod';
import { MAX_FOLLOWED } from '../../domain/graph/path.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import { decodeId } from '../../kernel/ids.ts';
import { bounded, checkCount, idOf } from '../../kernel/input.ts';
import { formatPoint, type PointInTime, theNow } from '../../kernel/point.ts';
import { relationType } from '../../tables/all.ts';
import { builder, type InputFields } from '../core/builder.ts';
import { DirectionEnum, RelationTypeEnum } from '../relation/type.ts';

/** The bounds of traversals. */
export const bounds = { from: 100, depth: 6, maxNodes: 5_000, relations: 20_000, maxDepth: 10 } as const;

/** Which relations a traversal follows. */
const hopFields = (t: InputFields, ofWhat: string) => ({
  direction: t.field({
    type: DirectionEnum,
    description: `Only relations in this direction, seen from ${ofWhat}. Default: both directions.`,
  }),
  types: t.field({ type: [RelationTypeEnum], description: 'Only relations of these types. Default: all types.' }),
  minStrength: t.float({ description: 'Only relations at least this strong, 0–1.' }),
});

export const GraphInput = builder.inputType('GraphInput', {
  description: 'Where a subgraph starts, and how far it goes.',
  fields: (t) => ({
    from: t.idList({
      required: true,
      description: `The memories it starts at, with any status: 1 to ${bounds.from} ids, \`mem_…\`; more is LIMIT_EXCEEDED, an unknown one NOT_FOUND.`,
    }),
    depth: t.int({
      required: true,
      defaultValue: 2,
      description: `How many hops from a start at most: 0 to ${bounds.depth}, more is LIMIT_EXCEEDED.`,
    }),
    ...hopFields(t, 'the memory nearer to the start'),
    maxNodes: t.int({
      required: true,
      defaultValue: 200,
      description: `How many memories at most, counting the starts: 1 to ${bounds.maxNodes.toLocaleString('en')}, more is LIMIT_EXCEEDED.`,
    }),
    throughEntities: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'If true, two memories that mention the same entity are one hop apart, too. `direction`, `types` and `minStrength` do not apply to these hops.',
    }),
  }),
});

export const PathInput = builder.inputType('PathInput', {
  description: 'Which memories to find a path between, and along which relations.',
  fields: (t) => ({
    from: t.id({
      required: true,
      description: 'The memory it starts at, with any status, `mem_…`. An unknown one is NOT_FOUND.',
    }),
    to: t.id({
      required: true,
      description: 'The memory it ends at, with any status, `mem_…`. An unknown one is NOT_FOUND.',
    }),
    ...hopFields(t, '`from`'),
    maxDepth: t.int({
      required: true,
      defaultValue: 6,
      description: `How many relations the path may have: 0 to ${bounds.maxDepth}, more is LIMIT_EXCEEDED. A search that would follow more than ${MAX_FOLLOWED.toLocaleString('en')} relations is LIMIT_EXCEEDED, too.`,
    }),
  }),
});

const hops = {
  direction: z.enum(['OUT', 'IN']).nullish(),
  types: z.array(z.enum(relationType.enumValues)).nullish(),
  minStrength: bounded(0, 1).nullish(),
};
const whole = (min: number) => z.int(`A whole number is expected.`).min(min, `At least ${min} is expected.`);

export const graphInput = z.object({
  from: z.array(idOf('Memory')).min(1, 'At least one memory is expected.'),
  depth: whole(0),
  maxNodes: whole(1),
  throughEntities: z.boolean(),
  ...hops,
});

export const pathInput = z.object({ from: idOf('Memory'), to: idOf('Memory'), maxDepth: whole(0), ...hops });

/** Throws LimitExceeded where more is asked for than is allowed. */
export function checkBounds(given: {
  from?: unknown;
  depth?: number | null;
  maxNodes?: number | null;
  maxDepth?: number | null;
}): void {
  const { from, depth, maxNodes, maxDepth } = given;
  if (Array.isArray(from)) checkCount('Memories to start at (input.from)', bounds.from, from.length);
  checkCount('Hops away (input.depth)', bounds.depth, depth ?? 0);
  checkCount('Memories of a subgraph (input.maxNodes)', bounds.maxNodes, maxNodes ?? 0);
  checkCount('Relations of a path (input.maxDepth)', bounds.maxDepth, maxDepth ?? 0);
}

/** The one point in time that these ids carry. Throws InvalidInput where they differ. */
export function pointOf(ids: readonly { given: string }[], path: readonly string[]): PointInTime {
  const points = new Map(
    ids.map(({ given }) => decodeId('Memory', given, path).point).map((point) => [formatPoint(point), point]),
  );
  if (points.size > 1) {
    const message = 'These ids carry different points in time: give `at`, which then applies to all of them.';
    throw new InvalidInput([{ path, message }]);
  }
  return [...points.values()][0] ?? theNow;
}
