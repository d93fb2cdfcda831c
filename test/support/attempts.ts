import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isNonNullType,
  isObjectType,
  isScalarType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { isOnceByPost } from '../../src/graphql/cost/declare.ts';
import { schema } from '../../src/graphql/schema.ts';
import { prefixes } from '../../src/kernel/ids.ts';
import {
  type Argument,
  compositeFields,
  everything,
  type Ids,
  type Prefix,
  prefixesOf,
  Writer,
  within,
} from './walk.ts';

/** What of another workspace there is to ask for: its ids, and what its texts, by the names of arguments, say. */
export interface Target {
  ids: Ids;
  texts: Readonly<Record<string, string>>;
  /** In all its JSON. */
  json: Readonly<Record<string, string>>;
  moment: string;
  vector: readonly number[];
}

interface Leaf {
  path: readonly string[];
  argument: Argument;
}

/** Every place in these arguments that takes a value. */
function leavesOf(args: readonly Argument[], path: readonly string[] = []): Leaf[] {
  return args.flatMap((argument): Leaf[] => {
    const type = getNamedType(argument.type);
    const here = [...path, argument.name];
    return isInputObjectType(type) ? leavesOf(Object.values(type.getFields()), here) : [{ path: here, argument }];
  });
}

/**
 * What a place can be given that is another's, as texts of GraphQL, by what they are called. What is nobody's own, like
 * the values of an enum, is all tried in reads; in writes, which take longer, one of it is.
 */
function valuesFor(leaf: Leaf, target: Target, isWrite: boolean): Record<string, string> {
  const { path, argument } = leaf;
  const { ids, texts, json, moment, vector } = target;
  const type = getNamedType(argument.type);
  if (type.name === 'ID') {
    const given = (prefix: Prefix) => JSON.stringify(ids[prefix][0]);
    return Object.fromEntries(
      prefixesOf(argument).flatMap((prefix) => [
        [prefix, given(prefix)],
        ...(prefix === 'mem' ? [['memThen', JSON.stringify(`${ids.mem[0]}@${moment}`)]] : []),
      ]),
    );
  }
  if (isEnumType(type)) {
    const names = type.getValues().map(({ name }) => name);
    return Object.fromEntries((isWrite ? names.slice(0, 1) : names).map((name) => [name, name]));
  }
  switch (type.name) {
    case 'String': {
      const text = texts[argument.name];
      if (text === undefined) {
        throw new Error(`Nobody has said what of another workspace could be asked for by ${path.join('.')}.`);
      }
      return { text: JSON.stringify(text) };
    }
    case 'JSON':
    case 'JSONObject':
      return { json: `{ ${Object.entries(json).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)} }` };
    case 'DateTime':
      return { moment: JSON.stringify(moment) };
    case 'Int':
      return { one: '1' };
    case 'Float':
      return argument.name === 'embedding' ? { vector: vector.join(', ') } : { half: '0.5' };
    case 'Boolean':
      return isWrite ? { yes: 'true' } : { yes: 'true', no: 'false' };
    default:
      throw new Error(`Nobody has said what ${type.name} could be asked for.`);
  }
}

/** A document that tries another's values in every argument of one field, each under an alias. */
export interface Attempt {
  where: string;
  document: string;
  /** One error would end all of its fields, and how many statements had been sent by then would be chance. */
  endsTogether?: boolean;
}

/** Tries of each argument, and at the end the field without them: of a mutation `whole` asks all of it then. */
const aliasesOf = (
  field: GraphQLField<unknown, unknown>,
  own: Ids,
  target: Target,
  select: string,
  whole?: string,
): string[] => {
  const isWrite = whole !== undefined;
  const write = (leaf?: Leaf, text?: string) => new Writer(own).args(field.args, leaf?.path, text);
  const tries = leavesOf(field.args).flatMap((leaf) =>
    Object.entries(valuesFor(leaf, target, isWrite)).map(
      ([name, text]) => `${leaf.path.join('_')}__${name}: ${field.name}${write(leaf, text)} ${select}`,
    ),
  );
  return [...tries, `plain: ${field.name}${write()} ${whole ?? select}`];
};

/** Ways from Query to an object of each type, the shortest; to what has an id, by that. */
function waysTo(own: Ids): Map<GraphQLObjectType, (text: string) => string> {
  const query = schema.getQueryType() as GraphQLObjectType;
  const ways = new Map([[query, (text: string) => text]]);
  for (const [name, prefix] of Object.entries(prefixes)) {
    ways.set(
      schema.getType(name) as GraphQLObjectType,
      (text) => `node(id: ${JSON.stringify(own[prefix][0])}) { ... on ${name} { ${text} } }`,
    );
  }
  // What is added while it is gone through is gone through, too.
  for (const [type, wrap] of ways) {
    for (const [field, target] of compositeFields(type)) {
      if (ways.has(target)) continue;
      const args = new Writer(own).args(field.args);
      ways.set(target, (text) => wrap(`${field.name}${args} { ${within(field, target, text)} }`));
    }
  }
  return ways;
}

/** Aliases of tries that can be refused: of places in a list, of what a traversal starts at, of a moment too early. */
const REFUSED = /^\w+_(after|before|from|knownAt)__/;

/** Tries of every argument of every field that can be read. */
export function readAttempts(own: Ids, target: Target): Attempt[] {
  return [...waysTo(own)].flatMap(([type, wrap]) =>
    Object.values(type.getFields())
      .filter(({ args }) => args.length > 0)
      .flatMap((field): Attempt[] => {
        // One after the other: fields of different types may have one name.
        const targets = compositeFields({ getFields: () => ({ field }) } as never).map(([, each]) => each);
        const tries = targets.flatMap((each) => {
          const select = `{ ${within(field, each, everything(each, 0, new Writer(own)))} }`;
          return aliasesOf(field, own, target, select).map((text) => `${each.name}_${text}`);
        });
        const asked = tries.length > 0 ? tries : aliasesOf(field, own, target, '');
        const where = `${type.name}.${field.name}`;
        const isAlone = (text: string) => isOnceByPost(field) || (isNonNullType(field.type) && REFUSED.test(text));
        return [asked.filter((each) => !isAlone(each)), ...asked.filter(isAlone).map((each) => [each])].map(
          (group) => ({
            where: [where, ...(group.length === 1 ? (group[0]?.split(':', 1) ?? []) : [])].join(' '),
            document: `{ ${wrap(group.join('\n'))} }`,
          }),
        );
      }),
  );
}

/** What undoes the rest comes last. */
const isFinal = (name: string) => /^(delete|forget|purge)/.test(name);

/** Tries of every part of the input of every mutation, and at the end of each the mutation itself. */
export function writeAttempts(own: Ids, target: Target): Attempt[] {
  const fields = Object.values(schema.getMutationType()?.getFields() ?? {});
  return [...fields.filter(({ name }) => !isFinal(name)), ...fields.filter(({ name }) => isFinal(name))].map(
    (field) => {
      const members = compositeFields({ getFields: () => ({ field }) } as never).map(([, type]) => type);
      const select = (further: number) =>
        `{ ${members.map((type) => `... on ${type.name} { ${everything(type, further, new Writer(own), type.name)} }`).join(' ')} }`;
      return {
        where: `Mutation.${field.name}`,
        document: `mutation { ${aliasesOf(field, own, target, select(0), select(1)).join('\n')} }`,
      };
    },
  );
}

/** What of the schema a document asks: `Memory.content`, `Memory.importance(on)`, `MemoryFilter.text`. */
export function elementsOf(document: string): Set<string> {
  const found = new Set<string>();
  const info = new TypeInfo(schema);
  visit(
    parse(document),
    visitWithTypeInfo(info, {
      Field: () => {
        const [type, field] = [info.getParentType(), info.getFieldDef()];
        if (type && field && !field.name.startsWith('__')) found.add(`${type.name}.${field.name}`);
      },
      Argument: () => {
        found.add(`${info.getParentType()?.name}.${info.getFieldDef()?.name}(${info.getArgument()?.name})`);
      },
      ObjectField: {
        enter: ({ name }) => {
          const type = getNamedType(info.getParentInputType());
          if (isInputObjectType(type)) found.add(`${type.name}.${name.value}`);
        },
      },
    }),
  );
  return found;
}

/** All there is in the schema to ask; what is subscribed to is tried by live-events.test.ts. */
export function allElements(): string[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith('__') || type.name === 'Subscription' || isScalarType(type) || isEnumType(type)) return [];
    if (isInputObjectType(type)) return Object.keys(type.getFields()).map((name) => `${type.name}.${name}`);
    if (!isObjectType(type)) return [];
    return Object.values(type.getFields()).flatMap(({ name, args }) => [
      `${type.name}.${name}`,
      ...args.map((argument) => `${type.name}.${name}(${argument.name})`),
    ]);
  });
}
