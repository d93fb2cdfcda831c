import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { isOnceByPost } from '../../src/graphql/cost/declare.ts';
import { schema } from '../../src/graphql/schema.ts';
import { prefixes } from '../../src/kernel/ids.ts';

export type Prefix = (typeof prefixes)[keyof typeof prefixes];

/** Ids to fill arguments with, by prefix; where several are needed they are taken in turn. */
export type Ids = Readonly<Record<Prefix, readonly string[]>>;

/** A place in arguments that takes an id: `filter.entity.id`; it takes ids of these types. */
export interface IdPlace {
  path: readonly string[];
  prefixes: readonly Prefix[];
}

export interface Argument {
  name: string;
  type: GraphQLInputType;
  description?: string | null | undefined;
}

const allPrefixes = Object.values(prefixes);

/** The types whose ids an argument takes: its description names the prefix, or it takes any. */
export const prefixesOf = ({ description }: Argument): readonly Prefix[] => {
  const named = allPrefixes.filter((prefix) => description?.includes(`${prefix}_…`));
  return named.length > 0 ? named : allPrefixes;
};

/** Every place in these arguments that takes an id. */
export function idPlacesOf(args: readonly Argument[], path: readonly string[] = []): IdPlace[] {
  return args.flatMap((argument): IdPlace[] => {
    const type = getNamedType(argument.type);
    const here = [...path, argument.name];
    if (type.name === 'ID') return [{ path: here, prefixes: prefixesOf(argument) }];
    return isInputObjectType(type) ? idPlacesOf(Object.values(type.getFields()), here) : [];
  });
}

/** Answers for arguments that must be given, by name; else by type. */
const samples: Record<string, string> = {
  key: '"iris"',
  externalId: '"maya"',
  query: '"shared"',
  name: '"Lisbon"',
  type: 'FOLLOWS',
  verdict: 'CONTRADICTS',
  url: '"https://example.com/"',
};
const byType: Record<string, string> = {
  String: '"shared"',
  Int: '1',
  Float: '0.5',
  Boolean: 'true',
  JSONObject: '{}',
  JSON: '"shared"',
};

/** References that are made by an id where nothing else is asked for. */
const byId = new Set(['ConversationRef']);

/** Arguments that are given although they need not be: something is to be found, and said again. */
const said = new Set(['query', 'content']);

/** Writes arguments: what is required, from own things, and at the end of `path` the text given. */
export class Writer {
  readonly #own: Ids;
  readonly #preferred: Prefix;
  readonly #turns = new Map<Prefix, number>();

  /** `preferred`: the type whose id is given where any will do. */
  constructor(own: Ids, preferred: Prefix = 'mem') {
    this.#own = own;
    this.#preferred = preferred;
  }

  /** `(…)`, or nothing where there is nothing to say. */
  args(args: readonly Argument[], path?: readonly string[], text?: string): string {
    const written = this.#fields(args, path, text, (arg) => isRequiredArgument(arg as never));
    return written.length > 0 ? `(${written.join(', ')})` : '';
  }

  #fields(
    fields: readonly Argument[],
    path: readonly string[] | undefined,
    text: string | undefined,
    isRequired: (field: Argument) => boolean,
  ): string[] {
    return fields.flatMap((field) => {
      const isOnPath = path?.[0] === field.name;
      // By its externalId a conversation is known within its companion.
      const isNamedWithin = field.name === 'companion' && path?.[0] !== 'companion' && path?.at(-1) === 'externalId';
      if (!isOnPath && !isNamedWithin && !isRequired(field) && !said.has(field.name)) return [];
      return [`${field.name}: ${this.#value(field.type, field, isOnPath ? path?.slice(1) : undefined, text)}`];
    });
  }

  #value(type: GraphQLInputType, field: Argument, path?: readonly string[], text?: string): string {
    if (isNonNullType(type)) return this.#value(type.ofType, field, path, text);
    if (isListType(type)) {
      // Nothing is expected where nothing else is asked for.
      if (field.name === 'expectedIds' && !path) return '[]';
      return `[${this.#value(type.ofType, field, path, text)}]`;
    }
    if (path?.length === 0) return text as string;
    if (type.name === 'ID') return JSON.stringify(this.#next(prefixesOf(field)));
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields());
      const chosen = type.isOneOf
        ? (path?.[0] ?? (byId.has(type.name) ? 'id' : (fields.find(({ name }) => name in samples) ?? fields[0])?.name))
        : undefined;
      const written = this.#fields(fields, path, text, (each) =>
        chosen ? each.name === chosen : isRequiredInputField(each as never),
      );
      return `{ ${written.join(', ')} }`;
    }
    if (isEnumType(type)) {
      const names = type.getValues().map(({ name }) => name);
      return names.includes(samples[field.name] ?? '') ? (samples[field.name] as string) : (names[0] as string);
    }
    const sample = samples[field.name];
    const isFit = sample !== undefined && (type.name !== 'String' || sample.startsWith('"'));
    return isFit ? sample : (byType[type.name] ?? 'null');
  }

  #next(of: readonly Prefix[]): string {
    const prefix = of.length === 1 ? (of[0] as Prefix) : this.#preferred;
    const turn = this.#turns.get(prefix) ?? 0;
    this.#turns.set(prefix, turn + 1);
    const ids = this.#own[prefix];
    return ids[turn % ids.length] as string;
  }
}

type OutputField = GraphQLField<unknown, unknown>;

/** Connections, edges and similar types between an object and the next, without an id of their own. */
export const isBetween = (type: GraphQLObjectType) => /(Connection|Edge)$/.test(type.name);

export const compositeFields = (type: GraphQLObjectType): [OutputField, GraphQLObjectType][] =>
  Object.values(type.getFields()).flatMap((field): [OutputField, GraphQLObjectType][] => {
    const target = getNamedType(field.type);
    if (!isCompositeType(target) || target.name === 'PageInfo') return [];
    const targets = isObjectType(target) ? [target] : [...schema.getPossibleTypes(target)];
    return targets.map((each) => [field, each]);
  });

/** What can be read of an object without going on to another. Cursors hold the time: they never repeat. */
const leavesOf = (type: GraphQLObjectType): string[] =>
  Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)) && !/cursor/i.test(field.name))
    .filter((field) => !field.args.some(isRequiredArgument))
    .map(({ name }) => name);

/** `field { … }`, on the type that the field has turned out to be. */
export const within = (field: OutputField, type: GraphQLObjectType, text: string) =>
  isInterfaceType(getNamedType(field.type)) ? `... on ${type.name} { ${text} }` : text;

/**
 * All that an object says: its own leaves, and those of what lies `further` steps from it. `alias` begins the names
 * that its own fields are answered by.
 */
export function everything(type: GraphQLObjectType, further: number, write: Writer, alias?: string): string {
  const named = (name: string) => (alias ? `${alias}_${name}: ${name}` : name);
  const below = compositeFields(type).flatMap(([field, target]) => {
    const left = isBetween(target) ? further : further - 1;
    if (left < 0 || field.args.some(isRequiredArgument)) return [];
    // Fields of different types may have one name.
    const isOfMany = isInterfaceType(getNamedType(field.type));
    const name = isOfMany
      ? `${alias ? `${alias}_` : ''}${field.name}_${target.name}: ${field.name}`
      : named(field.name);
    return [`${name}${write.args(field.args)} { ${within(field, target, everything(target, left, write))} }`];
  });
  const page = /Connection$/.test(type.name) ? ['pageInfo { hasNextPage hasPreviousPage }'] : [];
  return ['__typename', ...leavesOf(type).map(named), ...page, ...below].join(' ');
}

/** A document that leads from Query to a field, by `where`, and tries it with an id in each of its places for one. */
export interface Walk {
  where: string;
  document: string;
  /** Its variables: `mem`, `memThen` (at a point in time), `cmp` … */
  variables: readonly string[];
  /** The same field as a list to be paged, where it is one: see {@link lists}. */
  list: string | undefined;
}

/**
 * A document for each field that can be reached from Query within so many objects: plain, and once for each place for
 * an id in its arguments and each type of id that fits there. Ids on the way there are `own`. What a document may ask for
 * once is left out: see answer.test.ts.
 */
export function walks(hops: number, own: Ids): Walk[] {
  const found: Walk[] = [];
  const visit = (type: GraphQLObjectType, left: number, where: string, wrap: (text: string) => string) => {
    for (const [field, target] of compositeFields(type)) {
      if (isOnceByPost(field)) continue;
      const at = `${where}.${field.name}${isInterfaceType(getNamedType(field.type)) ? `<${target.name}>` : ''}`;
      const write = () => new Writer(own, prefixes[target.name as keyof typeof prefixes]);
      const select = (args: string, alias: string) =>
        `${alias}: ${field.name}${args} { ${within(field, target, everything(target, 1, new Writer(own)))} }`;
      if (!isBetween(type)) {
        const variables = new Set<string>();
        const tries = idPlacesOf(field.args).flatMap(({ path, prefixes: takes }) =>
          takes.flatMap((prefix) =>
            (prefix === 'mem' ? ['mem', 'memThen'] : [prefix]).map((variable) => {
              variables.add(variable);
              return select(write().args(field.args, path, `$${variable}`), `${path.join('_')}_${variable}`);
            }),
          ),
        );
        const declared = [...variables].map((name) => `$${name}: ID!`).join(', ');
        const plain = select(write().args(field.args), 'plain');
        const text = wrap([plain, ...tries].join('\n'));
        const cursors = field.args.filter(({ name }) => name === 'after' || name === 'before');
        const paging = [write().args(field.args).slice(1, -1), ...cursors.map(({ name }) => `${name}: $${name}`)];
        const page = `pageInfo { startCursor endCursor } ${everything(target, 1, new Writer(own))}`;
        found.push({
          where: at,
          document: `query ${declared && `(${declared})`} { ${text} }`,
          variables: [...variables],
          list:
            cursors.length > 0
              ? wrap(`list: ${field.name}(${paging.filter(Boolean).join(', ')}) { ${page} }`)
              : undefined,
        });
      }
      const goOn = left - (isBetween(target) ? 0 : 1);
      if (goOn <= 0) continue;
      visit(target, goOn, at, (text) =>
        wrap(`${field.name}${write().args(field.args)} { ${within(field, target, text)} }`),
      );
    }
  };
  visit(schema.getQueryType() as GraphQLObjectType, hops, '', (text) => text);
  return found;
}

const FAILURE = '... on Error { code message } ... on NotFoundError { ids }';

/** A document that calls a mutation with an id in one place, or in none. */
export interface Call {
  name: string;
  place: string | undefined;
  document: string;
  variables: readonly string[];
}

/**
 * Each mutation: once with own things alone, and once for each place for an id in its input and each type that fits.
 */
export function calls(own: Ids): Call[] {
  return Object.values(schema.getMutationType()?.getFields() ?? {}).flatMap((field) => {
    const payload = schema.getType(`${field.name[0]?.toUpperCase()}${field.name.slice(1)}Payload`) as GraphQLObjectType;
    const select = `{ __typename ${FAILURE} ... on ${payload.name} { ${everything(payload, 1, new Writer(own))} } }`;
    const call = (place?: IdPlace, prefix?: Prefix): Call => ({
      name: field.name,
      place: place?.path.join('.'),
      variables: prefix ? [prefix] : [],
      document: `mutation ${prefix ? `($${prefix}: ID!)` : ''} { ${field.name}${new Writer(own).args(field.args, place?.path, `$${prefix}`)} ${select} }`,
    });
    return [call(), ...idPlacesOf(field.args).flatMap((place) => place.prefixes.map((prefix) => call(place, prefix)))];
  });
}

/**
 * A list that can be reached from Query, by `where`, paged by the variables `after` and `before`, where it takes them.
 */
export interface List {
  where: string;
  document: string;
  variables: readonly string[];
}

/** Every list that can be reached from Query within so many objects. Ids on the way there are `own`. */
export function lists(hops: number, own: Ids): List[] {
  return walks(hops, own).flatMap(({ where, list }): List[] => {
    if (!list) return [];
    const variables = ['after', 'before'].filter((name) => list.includes(`$${name}`));
    const declared = variables.map((name) => `$${name}: String`).join(', ');
    return [{ where, document: `query (${declared}) { ${list} }`, variables }];
  });
}
