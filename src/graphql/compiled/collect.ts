import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { Uncovered } from '../core/nested.ts';

/** The fields of an object in the order of an answer, by their names in it; of one name all nodes that select it. */
export type Collected = ReadonlyMap<string, readonly FieldNode[]>;

/** Resolves the fragments of one document. */
export class Collecting {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(schema: GraphQLSchema, { definitions }: DocumentNode) {
    this.#schema = schema;
    const fragments = definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    );
    this.#fragments = new Map(fragments);
  }

  /** Throws Uncovered where a directive decides what is selected. */
  of(type: GraphQLObjectType, sets: readonly (SelectionSetNode | undefined)[]): Collected {
    const found = new Map<string, FieldNode[]>();
    const visited = new Set<string>();
    const collect = ({ selections }: SelectionSetNode): void => {
      for (const node of selections) {
        if (node.directives?.length) throw new Uncovered('directives');
        if (node.kind === Kind.FIELD) {
          const key = node.alias?.value ?? node.name.value;
          // As a key of a literal it would be the prototype.
          if (key === '__proto__') throw new Uncovered(key);
          found.set(key, [...(found.get(key) ?? []), node]);
          continue;
        }
        if (node.kind === Kind.FRAGMENT_SPREAD && visited.has(node.name.value)) continue;
        if (node.kind === Kind.FRAGMENT_SPREAD) visited.add(node.name.value);
        const inside = node.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(node.name.value) : node;
        if (inside && this.#applies(inside.typeCondition?.name.value, type)) collect(inside.selectionSet);
      }
    };
    for (const set of sets) if (set) collect(set);
    return found;
  }

  #applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    const wanted = condition === undefined ? type : this.#schema.getType(condition);
    if (isObjectType(wanted)) return wanted === type;
    return isAbstractType(wanted) && this.#schema.isSubType(wanted, type);
  }
}
