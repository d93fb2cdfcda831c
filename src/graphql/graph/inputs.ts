import { MAX_FOLLOWED } from '../../domain/graph/path.ts';
import { InvalidInput } from '../../kernel/errors.ts';
import { decodeId } from '../../kernel/ids.ts';
import { checkCount } from '../../kernel/input.ts';
import { formatPoint, type PointInTime, theNow } from '../../kernel/point.ts';
import { defineInput, flag, id, many, number, optional, required, whole } from '../core/input.ts';
import { DirectionEnum, RelationTypeEnum } from '../relation/type.ts';

/** The bounds of traversals. */
export const bounds = { from: 100, depth: 6, maxNodes: 5_000, relations: 20_000, maxDepth: 10 } as const;

/** Which relations a traversal follows. */
const hopFields = (ofWhat: string) => ({
  direction: optional(
    DirectionEnum,
    `Only relations in this direction, seen from ${ofWhat}. Default: both directions.`,
  ),
  types: optional(many(RelationTypeEnum), 'Only relations of these types. Default: all types.'),
  minStrength: optional(number(0, 1), 'Only relations at least this strong, 0–1.'),
});

const starts = many(id('Memory'));

export const GraphInput = defineInput('GraphInput', 'Where a subgraph starts, and how far it goes.', {
  from: required(
    { ...starts, check: starts.check.refine((given) => given.length > 0, 'At least one memory is expected.') },
    `The memories it starts at, with any status: 1 to ${bounds.from} ids, \`mem_…\`; more is LIMIT_EXCEEDED, an unknown one NOT_FOUND.`,
  ),
  depth: required(whole(0), `How many hops from a start at most: 0 to ${bounds.depth}, more is LIMIT_EXCEEDED.`, {
    default: 2,
  }),
  ...hopFields('the memory nearer to the start'),
  maxNodes: required(
    whole(1),
    `How many memories at most, counting the starts: 1 to ${bounds.maxNodes.toLocaleString('en')}, more is LIMIT_EXCEEDED.`,
    { default: 200 },
  ),
  throughEntities: required(
    flag,
    'If true, two memories that mention the same entity are one hop apart, too. `direction`, `types` ' +
      'and `minStrength` do not apply to these hops.',
    { default: false },
  ),
});

export const PathInput = defineInput('PathInput', 'Which memories to find a path between, and along which relations.', {
  from: required(id('Memory'), 'The memory it starts at, with any status, `mem_…`. An unknown one is NOT_FOUND.'),
  to: required(id('Memory'), 'The memory it ends at, with any status, `mem_…`. An unknown one is NOT_FOUND.'),
  ...hopFields('`from`'),
  maxDepth: required(
    whole(0),
    `How many relations the path may have: 0 to ${bounds.maxDepth}, more is LIMIT_EXCEEDED. A search ` +
      `that would follow more than ${MAX_FOLLOWED.toLocaleString('en')} relations is LIMIT_EXCEEDED, ` +
      `too.`,
    { default: 6 },
  ),
});

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
