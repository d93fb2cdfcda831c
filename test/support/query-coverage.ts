import {
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';

type Field = GraphQLField<unknown, unknown>;
interface Argument {
  name: string;
  type: Field['args'][number]['type'];
}

/** The types that answers of queries may hold. */
function readTypes(): GraphQLNamedType[] {
  const found = new Set<GraphQLNamedType>([schema.getQueryType() as GraphQLNamedType]);
  // What is added while it is gone through is gone through, too.
  for (const type of found) {
    if (isInterfaceType(type) || isUnionType(type)) for (const each of schema.getPossibleTypes(type)) found.add(each);
    if (isObjectType(type)) for (const field of Object.values(type.getFields())) found.add(getNamedType(field.type));
  }
  return [...found];
}

const isList = ({ type }: Field) =>
  isListType(isNonNullType(type) ? type.ofType : type) || getNamedType(type).name.endsWith('Connection');

/** An argument and, where it is an input, everything that can be said in it. */
function saidIn(argument: Argument, at: string, found: Set<string>): void {
  found.add(at);
  const type = getNamedType(argument.type);
  if (!isInputObjectType(type)) return;
  for (const each of Object.values(type.getFields())) {
    const name = `${type.name}.${each.name}`;
    if (!found.has(name)) saidIn(each, name, found);
  }
}

/**
 * Each read and each list there is to be asked for, and each of their arguments: `Memory.relations`,
 * `Memory.relations(types:)`.
 */
export function everyRead(): Set<string> {
  const found = new Set<string>();
  for (const type of readTypes()) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (type !== schema.getQueryType() && !isList(field) && field.args.length === 0) continue;
      const name = `${type.name}.${field.name}`;
      found.add(name);
      for (const argument of field.args) saidIn(argument, `${name}(${argument.name}:)`, found);
    }
  }
  return found;
}

/** What of that a document asks for. */
export function readsOf(document: string): Set<string> {
  const found = new Set<string>();
  const info = new TypeInfo(schema);
  visit(
    parse(document),
    visitWithTypeInfo(info, {
      Field: ({ name }) => {
        found.add(`${info.getParentType()?.name}.${name.value}`);
      },
      Argument: ({ name }) => {
        found.add(`${info.getParentType()?.name}.${info.getFieldDef()?.name}(${name.value}:)`);
      },
      ObjectField: ({ name }) => {
        found.add(`${getNamedType(info.getParentInputType())?.name}.${name.value}`);
      },
    }),
  );
  return found;
}
