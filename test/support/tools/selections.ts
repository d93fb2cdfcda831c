import {
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';

/** A field that a document selects, by the name that it has in the answer. */
export interface Selected {
  name: string;
  /** Undefined: `__typename`. */
  field: GraphQLField<unknown, unknown> | undefined;
  /** What is selected below it; undefined for scalars and enums. */
  below: SelectionSetNode | undefined;
  /** Whether `@include` or `@skip` may leave it out. */
  isConditional: boolean;
}

/** Reads selections of documents with these fragments. */
export class Selections {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.schema = schema;
    this.fragments = fragments;
  }

  /**
   * What is selected of an object of this type. `named` fragments are left to the caller: it is told the name of each.
   */
  of(type: GraphQLNamedType, set: SelectionSetNode, named?: (fragment: string) => boolean): Selected[] {
    return set.selections.flatMap((selection): Selected[] => {
      if (selection.kind === 'Field') {
        const field = isCompositeType(type) && 'getFields' in type ? type.getFields()[selection.name.value] : undefined;
        const isConditional = (selection.directives?.length ?? 0) > 0;
        return [
          { name: (selection.alias ?? selection.name).value, field, below: selection.selectionSet, isConditional },
        ];
      }
      if (selection.kind === 'FragmentSpread' && named?.(selection.name.value)) return [];
      const fragment = selection.kind === 'InlineFragment' ? selection : this.fragments.get(selection.name.value);
      const on = fragment?.typeCondition?.name.value;
      return fragment && this.#applies(type, on) ? this.of(type, fragment.selectionSet, named) : [];
    });
  }

  /** The object types that selections on this type tell apart: failures are left out, they are thrown. */
  membersOf(type: GraphQLNamedType, set: SelectionSetNode): GraphQLNamedType[] {
    if (!isAbstractType(type)) return [type];
    const named = new Set(
      set.selections.flatMap((each) => ('typeCondition' in each ? each.typeCondition?.name.value : [])),
    );
    return this.schema.getPossibleTypes(type).filter((member) => named.has(member.name) && !isFailure(member));
  }

  #applies(type: GraphQLNamedType, on: string | undefined): boolean {
    const condition = on === undefined ? type : this.schema.getType(on);
    return (
      condition === type || (isAbstractType(condition) && isObjectType(type) && this.schema.isSubType(condition, type))
    );
  }
}

const isFailure = (type: GraphQLNamedType): boolean =>
  isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Error');
