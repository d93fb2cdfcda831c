import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  GraphQLID,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
} from 'graphql';
import { DEFAULT_PAGE, MAX_PAGE } from '../../model/paging/window.ts';

/** The variables of a request as they came: they may be anything, since nothing has been checked. */
export type Variables = Readonly<Record<string, unknown>>;

/** A number that is known from the document alone, or only with the variables of a request. */
export type Amount = number | ((variables: Variables) => number);

export const at = (amount: Amount, variables: Variables): number =>
  typeof amount === 'number' ? amount : amount(variables);

/** What a variable is when it is not given, by its name. */
export type Defaults = ReadonlyMap<string, ValueNode>;

export const defaultsOf = ({ variableDefinitions = [] }: OperationDefinitionNode): Defaults =>
  new Map(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, defaultValue]] : [],
    ),
  );

/** What an argument, or a member of an input object, is; undefined where it is not given. Lists are not looked into. */
export function givenValue(node: ValueNode | undefined, variables: Variables, defaults: Defaults): unknown {
  switch (node?.kind) {
    case Kind.VARIABLE: {
      const given = variables[node.name.value];
      return given === undefined ? givenValue(defaults.get(node.name.value), variables, defaults) : given;
    }
    case Kind.INT:
      return Number(node.value);
    case Kind.BOOLEAN:
      return node.value;
    case Kind.LIST:
      return node.values;
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, givenValue(value, variables, defaults)]),
      );
    case Kind.NULL:
      return null;
    default:
      return node;
  }
}

const hasVariable = (node: ValueNode): boolean =>
  node.kind === Kind.VARIABLE || (node.kind === Kind.OBJECT && node.fields.some(({ value }) => hasVariable(value)));

/** What says how many items there will be, and the most it can bring about: nobody gets more than a page holds. */
const SIZES: Readonly<Record<string, number>> = { first: MAX_PAGE, last: MAX_PAGE, maxNodes: Infinity };

/** An argument, or a member of one, that says how many items there will be: by its number, or by its length. */
interface Source {
  argument: string;
  member?: string;
  /** The most it can ask for, where it is a number. */
  most?: number | undefined;
  /** The schema's, where it has one. */
  preset: unknown;
}

const isSubjects = (type: GraphQLInputType) => {
  const named = getNamedType(type);
  return isListType(getNullableType(type)) && (named === GraphQLID || isInputObjectType(named));
};

function sourcesOf({ args }: GraphQLField<unknown, unknown>): Source[] {
  const source = (argument: string, given: GraphQLArgument | GraphQLInputField): Source[] => {
    const most = SIZES[given.name];
    if (most === undefined && !isSubjects(given.type)) return [];
    const preset = given.default?.value ?? given.defaultValue;
    return [{ argument, most, preset, ...(given.name !== argument && { member: given.name }) }];
  };
  const sources = args.flatMap((arg) => {
    const type = getNamedType(arg.type);
    const members = isInputObjectType(type) && !isListType(getNullableType(arg.type)) ? type.getFields() : {};
    return [...source(arg.name, arg), ...Object.values(members).flatMap((member) => source(arg.name, member))];
  });
  const sizes = sources.filter(({ most }) => most !== undefined);
  return sizes.length > 0 ? sizes : sources;
}

/**
 * How many items the lists right below a field have by its arguments: `first` or `last` (nobody gets more than a page
 * holds), else `maxNodes`, else as many as the longest list of ids or objects it is given. Undefined where it takes
 * none.
 */
export function pageOf(
  field: GraphQLField<unknown, unknown>,
  { arguments: given = [] }: FieldNode,
  defaults: Defaults,
): Amount | undefined {
  const sources = sourcesOf(field);
  if (sources.length === 0) return undefined;
  const nodes = new Map(given.map(({ name, value }) => [name.value, value]));
  const amount = (variables: Variables): number => {
    const counts = sources.flatMap(({ argument, member, most, preset }) => {
      const whole = givenValue(nodes.get(argument), variables, defaults);
      const value = (member ? (whole as Variables | null | undefined)?.[member] : whole) ?? preset;
      if (most !== undefined) return typeof value === 'number' && value >= 0 ? Math.min(value, most) : [];
      return Array.isArray(value) ? value.length : value == null ? [] : 1;
    });
    return counts.length > 0 ? Math.max(...counts) : DEFAULT_PAGE;
  };
  const isOpen = sources.some(({ argument }) => {
    const node = nodes.get(argument);
    return node && hasVariable(node);
  });
  return isOpen ? amount : amount({});
}
