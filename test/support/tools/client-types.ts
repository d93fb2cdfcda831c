import {
  type FragmentDefinitionNode,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type SelectionSetNode,
} from 'graphql';
import { Selections } from './selections.ts';

const scalars: Record<string, string> = {
  ID: 'string',
  String: 'string',
  Int: 'number',
  Float: 'number',
  Boolean: 'boolean',
  DateTime: 'string',
  JSONObject: 'Record<string, unknown>',
  JSON: 'unknown',
};

const WIDTH = 100;

/** A comment before a member or a declaration, on lines that are not too long. */
export function commentOf(says: string | null | undefined, indent = ''): string {
  if (!says) return '';
  const lines: string[] = [];
  let line = '';
  for (const word of says.replaceAll('*/', '* /').split(/\s+/)) {
    if (line && line.length + word.length >= WIDTH) {
      lines.push(line);
      line = '';
    }
    line += `${line && ' '}${word}`;
  }
  lines.push(line);
  if (lines.length === 1) return `${indent}/** ${line} */\n`;
  return `${indent}/**\n${lines.map((each) => `${indent} * ${each}\n`).join('')}${indent} */\n`;
}

/** Writes types of what documents take and answer, and notes which named ones they use. */
export class ClientTypes {
  readonly used = new Set<string>();
  readonly #selections: Selections;

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#selections = new Selections(schema, fragments);
  }

  /** The type of a value that is given. */
  input(type: GraphQLInputType): string {
    if (isNonNullType(type)) return this.#given(type.ofType);
    return `${this.#given(type)} | null`;
  }

  #given(type: GraphQLInputType): string {
    if (isNonNullType(type)) return this.#given(type.ofType);
    if (isListType(type)) return `readonly ${arrayOf(this.input(type.ofType))}`;
    return this.#named(type);
  }

  #named(type: GraphQLNamedType): string {
    if (!isEnumType(type) && !isInputObjectType(type)) return scalars[type.name] as string;
    this.used.add(type.name);
    return type.name;
  }

  /** The type of a field of an answer. */
  output(type: GraphQLOutputType, set: SelectionSetNode | undefined, indent: string): string {
    if (!isNonNullType(type)) return `${this.#shape(type, set, indent)} | null`;
    return this.#shape(type.ofType, set, indent);
  }

  #shape(type: GraphQLOutputType, set: SelectionSetNode | undefined, indent: string): string {
    if (isNonNullType(type)) return this.#shape(type.ofType, set, indent);
    if (isListType(type)) return arrayOf(this.output(type.ofType, set, indent));
    if (!set) return this.#named(getNamedType(type));
    return this.object(getNamedType(type), set, indent);
  }

  /** The type of an object: of an interface or union one for each member, whose `__typename` tells which it is. */
  object(type: GraphQLNamedType, set: SelectionSetNode, indent = ''): string {
    const members = this.#selections.membersOf(type, set);
    return members.map((member) => this.#object(member, set, indent)).join(' | ');
  }

  #object(type: GraphQLNamedType, set: SelectionSetNode, indent: string): string {
    const spread: string[] = [];
    const below = `${indent}  `;
    const fields = this.#selections.of(type, set, (fragment) => {
      if (this.#selections.fragments.get(fragment)?.typeCondition.name.value !== type.name) return false;
      spread.push(fragmentType(fragment));
      return true;
    });
    for (const name of spread) this.used.add(name);
    const known = new Map(fields.map((field) => [field.name, field]));
    const members = [...known.values()].map(({ name, field, below: set, isConditional }) => {
      const shape = field ? this.output(field.type, set, below) : `'${type.name}'`;
      return `${below}${name}${isConditional ? '?' : ''}: ${shape};\n`;
    });
    return [...spread, ...(members.length > 0 ? [`{\n${members.join('')}${indent}}`] : [])].join(' & ');
  }
}

/** The name of the type of a fragment: `MemoryFields`. */
export const fragmentType = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}Fields`;

const arrayOf = (type: string): string => (/^\w+$/.test(type) ? `${type}[]` : `(${type})[]`);
