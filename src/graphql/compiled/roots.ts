import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Statements } from '../../domain/nested/read.ts';
import { type Nested, Uncovered } from '../core/nested.ts';
import { Collecting, conditionsOf, type Variables } from './collect.ts';
import { type Shape, Shaping } from './shape.ts';

/** How many statements are kept of one field: each session keeps a few hundred prepared. */
const MAX_STATEMENTS = 10;
/** How many selections are kept of an operation: of two variables that decide what is selected, all. */
const MAX_SELECTIONS = 4;

/** A field of the operation, and how it is read. */
export interface Root {
  key: string;
  nodes: readonly FieldNode[];
  field: GraphQLField<unknown, unknown>;
  nested: Nested;
  /** Of which type it is, where the field does not say. Throws Uncovered. */
  shapeOf: (type?: string) => Shape;
  statements: Statements;
}

const noVariables: Variables = { sources: {}, coerced: {} };

/** The fields of an operation, as far as `@skip` and `@include` leave them: kept for the values that these were given last. */
export class Roots {
  readonly #make: (variables: Variables) => readonly Root[] | null;
  readonly #conditions: readonly string[];
  readonly #known = new LRUCache<string, { roots: readonly Root[] | null }>({ max: MAX_SELECTIONS });

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#make = (variables) => rootsOf(schema, document, operation, variables);
    this.#conditions = conditionsOf(document);
  }

  /** Not covered, whatever the variables are. */
  get areUncovered(): boolean {
    return this.#conditions.length === 0 && !this.with(noVariables);
  }

  /** null: not covered. */
  with({ coerced }: Variables): readonly Root[] | null {
    const values = this.#conditions.map((name) => [name, coerced[name] ?? null] as const);
    const key = JSON.stringify(values);
    let known = this.#known.get(key);
    if (!known) {
      known = { roots: this.#make({ sources: {}, coerced: Object.fromEntries(values) }) };
      this.#known.set(key, known);
    }
    return known.roots;
  }
}

function rootsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): Root[] | null {
  const query = schema.getQueryType();
  if (!query || operation.directives?.length) return null;
  try {
    const collecting = new Collecting(schema, document, variables);
    return [...collecting.of(query, [operation.selectionSet])].map(([key, nodes]) => {
      const field = query.getFields()[nodes[0]?.name.value as string];
      const nested = field?.extensions.nested as Nested | undefined;
      if (!field || !nested) throw new Uncovered(key);
      const shapeOf = shapesOf(schema, collecting, field, nodes);
      if (isObjectType(getNamedType(field.type))) shapeOf();
      return { key, nodes, field, nested, shapeOf, statements: new LRUCache({ max: MAX_STATEMENTS }) };
    });
  } catch (error) {
    // A condition may be null, which the executor says; and a process may be started so that no code is made of texts.
    if (error instanceof Uncovered || error instanceof GraphQLError || error instanceof EvalError) return null;
    throw error;
  }
}

/** The shapes of a field, made when they are first asked for: of an interface each type has its own. */
function shapesOf(
  schema: GraphQLSchema,
  collecting: Collecting,
  field: Root['field'],
  nodes: Root['nodes'],
): Root['shapeOf'] {
  const known = new Map<string, Shape | Uncovered>();
  const own = getNamedType(field.type).name;
  const make = (name: string): Shape | Uncovered => {
    const type = schema.getType(name);
    if (!isObjectType(type)) throw new Error(`${name} is no type of objects`);
    const shaping = new Shaping(collecting);
    try {
      if (!('find' in (field.extensions.nested as Nested))) return shaping.list(field, nodes);
      return shaping.object(type, nodes, !isListType(getNullableType(field.type)));
    } catch (error) {
      if (error instanceof Uncovered) return error;
      throw error;
    }
  };
  return (name = own) => {
    const shape = known.get(name) ?? make(name);
    known.set(name, shape);
    if (shape instanceof Uncovered) throw shape;
    return shape;
  };
}
