import { type DocumentNode, GraphQLError } from 'graphql';
import { type Complexity, type Costliest, INTROSPECTION_COST } from './complexity.ts';
import type { DocumentLimits } from './limits.ts';
import { type DocumentShape, placeOfMost, type Shape } from './shape.ts';

/** What introspection may come to where the limits are lower: enough for GraphiQL and code generators. */
const forIntrospection = { complexity: INTROSPECTION_COST, depth: 20, breadth: 300 };

/** A few fragments that spread each other make numbers of hundreds of digits. */
const MOST = Number.MAX_SAFE_INTEGER;
const said = (count: number): string => (count > MOST ? `more than ${said(MOST)}` : count.toLocaleString('en'));
/** Aliases can be of any length. */
const shortened = (path: string) => (path.length > 200 ? `${path.slice(0, 200)}…` : path);

/** Answered like other errors of validation are: status 400, or 200 where the client takes application/json. */
function refusal(
  message: string,
  measure: keyof DocumentLimits,
  limit: number,
  more: { given?: number; field?: string } = {},
): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'LIMIT_EXCEEDED', measure, limit, ...more, http: { spec: true, status: 400 } },
  });
}

export const tooLong = (limit: number) =>
  refusal(
    `This document has more than ${said(limit)} tokens (words and signs), the most that is allowed: ` +
      `send values as variables, or send several documents.`,
    'tokens',
    limit,
  );

/** What the parser or the validation could not follow to its end. */
export const tooNested = (limit: number) =>
  refusal(
    `This document is nested too deeply: at most ${said(limit)} fields may be nested in each other. Send values as variables.`,
    'depth',
    limit,
  );

/** Why a document of this shape is refused; undefined where it is not. */
export function shapeRefusal(
  document: DocumentNode,
  shape: DocumentShape,
  limits: DocumentLimits,
): GraphQLError | undefined {
  const checks: [measure: keyof Shape, isOver: 'depth' | 'breadth', limit: number][] = [
    ['depth', 'depth', limits.depth],
    ['introspectionDepth', 'depth', Math.max(limits.depth, forIntrospection.depth)],
    ['breadth', 'breadth', limits.breadth],
    ['introspectionBreadth', 'breadth', Math.max(limits.breadth, forIntrospection.breadth)],
  ];
  for (const [part, measure, limit] of checks) {
    const given = shape[part];
    if (given <= limit) continue;
    const field = shortened(placeOfMost(document, part));
    const message =
      measure === 'depth'
        ? `This document nests ${said(given)} fields in each other, along ${field}…: at most ${said(limit)} are allowed.`
        : `This document selects ${said(given)} fields and fragments, counting a fragment each time it is used` +
          `${field && `, most of them in ${field}`}: at most ${said(limit)} are allowed. Send several documents.`;
    return refusal(message, measure, limit, { given: Math.min(given, MOST), ...(field && { field }) });
  }
  return undefined;
}

/** Why an operation of this complexity is refused; undefined where it is not. */
export function complexityRefusal(
  { complexity, introspection }: Complexity,
  limits: DocumentLimits,
  costliest: () => Costliest | undefined,
): GraphQLError | undefined {
  if (complexity > limits.complexity) {
    const { path, cost } = costliest() ?? { path: '', cost: 0 };
    const field = shortened(path);
    return refusal(
      `This document costs ${said(complexity)}, the number of fields of the largest possible answer: ` +
        `at most ${said(limits.complexity)} is allowed. The costliest field is ${field}, ${said(cost)} ` +
        `of it: ask for fewer items (first, last) or levels there.`,
      'complexity',
      limits.complexity,
      { given: Math.min(complexity, MOST), field },
    );
  }
  const most = Math.max(limits.complexity, forIntrospection.complexity);
  if (introspection <= most) return undefined;
  return refusal(
    `This document costs ${said(introspection)} of introspection, ${said(INTROSPECTION_COST)} for ` +
      `each __schema and __type: at most ${said(most)} is allowed.`,
    'complexity',
    most,
    { given: introspection, field: '__schema' },
  );
}
