import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { type Draw, jsonText, literal, type Pools, type Value, valueFor } from './fuzz-values.ts';
import type { Choices } from './random.ts';

/** A document with its variables, as JSON's text. */
export interface Operation {
  query: string;
  variables: string;
  operationName?: string;
}

/** Makes documents of a schema, with fields, arguments and values as the choices decide. */
export class DocumentGenerator {
  readonly #schema: GraphQLSchema;

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  operation(choices: Choices, own: Pools, foreign: Pools): Operation {
    return new Writer(this.#schema, choices, own, foreign).operation();
  }
}

class Writer {
  readonly #schema: GraphQLSchema;
  readonly #choices: Choices;
  readonly #draw: Draw;
  readonly #variables = new Map<string, { type: string; value: Value }>();
  readonly #fragments: string[] = [];
  /** How many fields may still be written. */
  #left: number;
  #names = 0;

  constructor(schema: GraphQLSchema, choices: Choices, own: Pools, foreign: Pools) {
    this.#schema = schema;
    this.#choices = choices;
    this.#draw = { choices, own, foreign, isTame: !choices.chance(50) };
    this.#left = choices.weighted([
      [4, 8],
      [6, 18],
      [2, 40],
      [1, 90],
    ]);
  }

  operation(): Operation {
    const choices = this.#choices;
    const kind = choices.weighted([
      [60, 'query'],
      [35, 'mutation'],
      [2, 'subscription'],
      [3, 'introspection'],
    ]);
    if (kind === 'introspection') return { query: introspection(choices), variables: '{}' };
    const root = kind === 'mutation' ? this.#schema.getMutationType() : this.#schema.getQueryType();
    const body = this.#selection(
      root as GraphQLNamedType,
      kind === 'mutation' ? 1 + Number(choices.chance(10)) : 1 + choices.below(3),
    );
    const declared = [...this.#variables].map(([name, { type }]) => `$${name}: ${type}`).join(', ');
    const name = choices.chance(20) ? ' Named' : '';
    const query = `${kind}${name}${declared && `${name ? '' : ' '}(${declared})`} ${body}${this.#fragments.map((each) => `\n${each}`).join('')}`;
    const given = [...this.#variables].map(([variable, { value }]) => `${JSON.stringify(variable)}:${jsonText(value)}`);
    if (choices.chance(1)) given.pop();
    return {
      query,
      variables: `{${given.join(',')}}`,
      ...(name && { operationName: choices.chance(95) ? 'Named' : 'Other' }),
    };
  }

  /** So many fields of a type, or as many as chance has it. */
  #selection(type: GraphQLNamedType, count?: number, depth = 0): string {
    const choices = this.#choices;
    if (isAbstractType(type)) {
      const parts = ['__typename'];
      const possible = this.#schema.getPossibleTypes(type);
      if (!('getTypes' in type) && choices.chance(40)) parts.push(...this.#fields(type, 1, depth));
      for (let more = 1 + choices.below(3); more > 0 && this.#left > 0; more--) {
        const of = choices.chance(60) ? (possible[0] as (typeof possible)[number]) : choices.pick(possible);
        parts.push(`... on ${of.name} ${this.#selection(of, undefined, depth + 1)}`);
      }
      return `{ ${parts.join(' ')} }`;
    }
    const fields = this.#fields(type, count ?? 1 + choices.below(5), depth);
    if (fields.length === 0 || choices.chance(10)) fields.push('__typename');
    if (depth > 0 && choices.chance(4)) {
      const name = `F${this.#names++}`;
      this.#fragments.push(`fragment ${name} on ${type.name} { ${fields.join(' ')} }`);
      return `{ ...${name} }`;
    }
    return `{ ${fields.join(' ')} }`;
  }

  #fields(type: GraphQLNamedType, count: number, depth: number): string[] {
    if (!isObjectType(type) && !('getFields' in type)) return ['__typename'];
    const choices = this.#choices;
    const all = Object.values((type as { getFields(): Record<string, GraphQLField<unknown, unknown>> }).getFields());
    const open = depth > 9 || this.#left <= 0 ? all.filter((field) => isLeafType(getNamedType(field.type))) : all;
    const fields: string[] = [];
    for (let more = count; more > 0 && open.length > 0; more--) {
      this.#left--;
      fields.push(this.#field(type.name === 'Mutation' ? this.#mutation(open) : choices.pick(open), depth));
    }
    return fields;
  }

  /** What makes things more often, what takes them away less: so that there is something to speak of. */
  #mutation(open: readonly GraphQLField<unknown, unknown>[]) {
    const weight = (name: string) =>
      /^(create|contradict|correct|relate)/.test(name) ? 40 : /^(delete|forget|purge)/.test(name) ? 1 : 15;
    return this.#draw.choices.weighted(open.map((field) => [weight(field.name), field] as const));
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const choices = this.#choices;
    const args = field.args
      .filter((arg) =>
        isNonNullType(arg.type) ? choices.chance(99) : choices.chance(['first', 'last'].includes(arg.name) ? 45 : 25),
      )
      .filter(
        (arg, _, given) => arg.name !== 'last' || !given.some(({ name }) => name === 'first') || choices.chance(5),
      )
      .map((arg) => {
        const owner = arg.name === 'id' || arg.name === 'ids' ? field.name : '';
        const value = valueFor(this.#draw, arg.type, owner, arg.name);
        if (!choices.chance(arg.name === 'input' ? 70 : 30)) return `${arg.name}: ${literal(value)}`;
        const name = `v${this.#names++}`;
        this.#variables.set(name, {
          type:
            this.#draw.isTame || choices.chance(95)
              ? String(arg.type)
              : choices.pick(['Int', '[String!]!', 'NoSuchType', 'ID!']),
          value,
        });
        return `${arg.name}: $${name}`;
      });
    const named = getNamedType(field.type);
    const below = isLeafType(named) ? '' : ` ${this.#selection(named, undefined, depth + 1)}`;
    const directive = choices.chance(2)
      ? choices.pick(
          this.#draw.isTame
            ? [' @skip(if: false)', ' @include(if: true)']
            : [' @skip(if: false)', ' @include(if: true)', ' @skip(if: true)', ' @nothing', ' @include'],
        )
      : '';
    // Each under a name of its own: the same field with other arguments, or of another type, would be a conflict.
    return `${field.name.toLowerCase()}_${this.#names++}: ${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${directive}${below}`;
  }
}

const introspection = (choices: Choices): string =>
  choices.pick([
    '{ __schema { types { name fields { name args { name type { name } } } } } }',
    '{ __type(name: "Memory") { fields { name type { kind ofType { name } } } } }',
    `{ ${'__typename '.repeat(1 + choices.below(600))} }`,
    `{ __schema { ${'types { fields { type { '.repeat(choices.below(8))} types { name } ${'} } }'.repeat(8)} }`,
    '{ __type(name: "\\u0000") { name } }',
  ]);
