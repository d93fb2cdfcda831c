import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  type getVariableValues,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { Uncovered } from '../core/nested.ts';

export type Variables = NonNullable<ReturnType<typeof getVariableValues>['variableValues']>;

/** The names of the variables that decide what a document selects, in their order in it. */
export function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ arguments: given = [] }) => {
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

/** The fields of an object in the order of an answer, by their names in it; of one name all nodes that select it. */
export type Collected = ReadonlyMap<string, readonly FieldNode[]>;

const conditional: ReadonlySet<string> = new Set([GraphQLSkipDirective.name, GraphQLIncludeDirective.name]);

/** Resolves the fragments of one document, and what `@skip` and `@include` leave of it with these variables. */
export class Collecting {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Variables;

  constructor(schema: GraphQLSchema, { definitions }: DocumentNode, variables: Variables) {
    this.#schema = schema;
    this.#variables = variables;
    const fragments = definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    );
    this.#fragments = new Map(fragments);
  }

  /** Throws Uncovered for other directives, and a GraphQLError where a condition is null. */
  of(type: GraphQLObjectType, sets: readonly (SelectionSetNode | undefined)[]): Collected {
    const found = new Map<string, FieldNode[]>();
    const visited = new Set<string>();
    const collect = ({ selections }: SelectionSetNode): void => {
      for (const node of selections) {
        if (!this.#isIncluded(node)) continue;
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

  #isIncluded(node: SelectionNode): boolean {
    if (!node.directives?.length) return true;
    const other = node.directives.find(({ name }) => !conditional.has(name.value));
    if (other) throw new Uncovered(`@${other.name.value}`);
    // As the executor does, which does not look at the second where the first leaves the node out.
    if (getDirectiveValues(GraphQLSkipDirective, node, this.#variables)?.if === true) return false;
    return getDirectiveValues(GraphQLIncludeDirective, node, this.#variables)?.if !== false;
  }

  #applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    const wanted = condition === undefined ? type : this.#schema.getType(condition);
    if (isObjectType(wanted)) return wanted === type;
    return isAbstractType(wanted) && this.#schema.isSubType(wanted, type);
  }
}
