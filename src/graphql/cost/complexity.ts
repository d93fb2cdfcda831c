import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { DEFAULT_PAGE } from '../../model/paging/window.ts';
import { type Amount, at, type Defaults, defaultsOf, givenValue, pageOf, type Variables } from './amount.ts';
import { declaredCost } from './declare.ts';
import { isIntrospection } from './shape.ts';

/** What a field costs that declares nothing: one of Query, Subscription or Mutation is a statement or more. */
const WEIGHT = { query: 10, mutation: 100, other: 1 };
/** About the fields of the answer to GraphiQL's introspection; what is below is not looked at. */
export const INTROSPECTION_COST = 10_000;

/** A field as it stands in a document, fragments being resolved. */
interface Step {
  /** Its name in the answer. */
  key: string;
  weight: number;
  /** How many items it has, each with all of `below`. */
  items: Amount;
  below: readonly Step[];
  /** Its arguments say how many items it has, or the lists right below it. */
  saysItems?: boolean;
  isIntrospection: boolean;
  /** Whether it is asked for; absent: always. */
  isAsked?: (variables: Variables) => boolean;
  /** What it costs with all below it, where no variable plays a part. */
  fixed?: number;
}

export interface Complexity {
  /** Of all but introspection. */
  complexity: number;
  introspection: number;
}

/** The field that costs the most, for the message to the client. */
export interface Costliest {
  /** Its path in the answer, e.g. `memories.nodes.relations`. */
  path: string;
  /** What it costs with all below it, as often as it is answered. */
  cost: number;
}

/**
 * What an operation costs, known before it runs: the weights of the fields of the largest answer it can get. A field
 * of a list counts once for each item the list can have; every fragment counts, whichever type turns up.
 * The document must be valid, and of bounded breadth: fragments are resolved wherever they are spread.
 */
export class OperationCost {
  readonly #steps: readonly Step[];

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#steps = new Resolving(schema, document, operation).steps();
  }

  of(variables: Variables): Complexity {
    const sum = { complexity: 0, introspection: 0 };
    for (const step of this.#steps) {
      sum[step.isIntrospection ? 'introspection' : 'complexity'] += costOf(step, variables);
    }
    return sum;
  }

  /** Goes down as long as one field has more than half of the cost; of those the last that says how many items. */
  costliest(variables: Variables): Costliest | undefined {
    let found: Costliest | undefined;
    let steps = this.#steps;
    let times = 1;
    const keys: string[] = [];
    for (let above = 0; steps.length > 0; ) {
      const costs = steps.map((step) => ({ step, cost: times * costOf(step, variables) }));
      const { step, cost } = costs.reduce((one, other) => (other.cost > one.cost ? other : one));
      if (cost <= above / 2) break;
      keys.push(step.key);
      if (!found || step.saysItems) found = { path: keys.join('.'), cost };
      above = cost;
      times *= at(step.items, variables);
      steps = step.below;
    }
    return found;
  }
}

function costOf(step: Step, variables: Variables): number {
  if (step.fixed !== undefined) return step.fixed;
  if (step.isAsked && !step.isAsked(variables)) return 0;
  const items = at(step.items, variables);
  if (items === 0) return step.weight;
  let below = 0;
  for (const inner of step.below) below += costOf(inner, variables);
  return step.weight + items * below;
}

/** Turns an operation into steps. */
class Resolving {
  readonly #schema: GraphQLSchema;
  readonly #operation: OperationDefinitionNode;
  readonly #defaults: Defaults;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema;
    this.#operation = operation;
    this.#defaults = defaultsOf(operation);
    this.#fragments = new Map(
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
      ),
    );
  }

  steps(): Step[] {
    const root = this.#schema.getRootType(this.#operation.operation);
    return root ? this.#selected(this.#operation.selectionSet, root, undefined, []) : [];
  }

  /** `page`: how many items the lists right here have, by the arguments of the field above. */
  #selected(
    { selections }: SelectionSetNode,
    type: GraphQLNamedType,
    page: Amount | undefined,
    above: readonly DirectiveNode[],
  ): Step[] {
    return selections.flatMap((selection) => {
      const directives = [...above, ...(selection.directives ?? [])];
      if (selection.kind === Kind.FIELD) return this.#field(selection, type, page, directives);
      const inside = selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection;
      if (!inside) return [];
      const narrowed = inside.typeCondition && this.#schema.getType(inside.typeCondition.name.value);
      return this.#selected(inside.selectionSet, narrowed ?? type, page, directives);
    });
  }

  #field(
    node: FieldNode,
    type: GraphQLNamedType,
    page: Amount | undefined,
    directives: readonly DirectiveNode[],
  ): Step[] {
    const isAsked = this.#condition(directives);
    if (isAsked === false) return [];
    const asked = isAsked !== true && { isAsked };
    const name = node.name.value;
    const key = node.alias?.value ?? name;
    if (isIntrospection(name)) {
      return [fix({ key, weight: INTROSPECTION_COST, items: 1, below: [], isIntrospection: true, ...asked })];
    }
    const field = fieldsOf(type)[name];
    // The name of a type, which any has.
    if (!field) return [fix({ key, weight: 1, items: 1, below: [], isIntrospection: false, ...asked })];
    const declared = declaredCost(field);
    const own = pageOf(field, node, this.#defaults);
    const isList = isListType(getNullableType(field.type));
    const items = isList ? (declared.items ?? own ?? page ?? DEFAULT_PAGE) : 1;
    const below = node.selectionSet
      ? this.#selected(node.selectionSet, getNamedType(field.type), isList ? undefined : own, [])
      : [];
    const weight = declared.weight ?? this.#weight(type);
    return [fix({ key, weight, items, below, saysItems: own !== undefined, isIntrospection: false, ...asked })];
  }

  #weight(type: GraphQLNamedType): number {
    if (type === this.#schema.getMutationType()) return WEIGHT.mutation;
    const isRead = type === this.#schema.getQueryType() || type === this.#schema.getSubscriptionType();
    return isRead ? WEIGHT.query : WEIGHT.other;
  }

  /** Whether `@skip` and `@include` let it be: known from the document, or with the variables of a request. */
  #condition(directives: readonly DirectiveNode[]): boolean | ((variables: Variables) => boolean) {
    const open: ((variables: Variables) => boolean)[] = [];
    for (const { name, arguments: given } of directives) {
      if (name.value !== 'skip' && name.value !== 'include') continue;
      const wanted = name.value === 'include';
      const node = given?.find((argument) => argument.name.value === 'if')?.value;
      if (node?.kind === Kind.VARIABLE) open.push((all) => givenValue(node, all, this.#defaults) === wanted);
      else if (givenValue(node, {}, this.#defaults) !== wanted) return false;
    }
    return open.length === 0 || ((variables) => open.every((isAsked) => isAsked(variables)));
  }
}

const fieldsOf = (type: GraphQLNamedType): Readonly<Record<string, GraphQLField<unknown, unknown>>> =>
  isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};

/** Adds what a step costs, where that is known from the document alone. */
function fix(step: Step): Step {
  const isFixed =
    !step.isAsked && typeof step.items === 'number' && step.below.every(({ fixed }) => fixed !== undefined);
  return isFixed ? { ...step, fixed: costOf(step, {}) } : step;
}
