import {
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isNonNullType,
  isObjectType,
  typeFromAST,
} from 'graphql';
import { ClientTypes, commentOf, fragmentType } from './client-types.ts';
import { readFragments, type ToolDocument } from './documents.ts';

const NOTICE = '// Written by `npm run tools` from src/mcp/tools and the schema.\n';

/** `update_working_memory` → `updateWorkingMemory`. */
const camelCase = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const capitalised = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}`;

/** Files with typed documents for programs, by their names in `src/client/operations`. */
export function operationFiles(
  schema: GraphQLSchema,
  documents: ReadonlyMap<string, ToolDocument>,
): Map<string, string> {
  const files = new Map<string, string>();
  const used = new Set<string>();
  for (const document of documents.values()) {
    const types = new ClientTypes(schema, document.fragments);
    files.set(`${fileName(document.name)}.ts`, operationFile(schema, document, types));
    for (const name of types.used) used.add(name);
  }
  files.set('types.ts', typesFile(schema, used));
  files.set('all.ts', allFile([...documents.keys()]));
  return files;
}

const fileName = (name: string): string => name.replaceAll('_', '-');

function operationFile(schema: GraphQLSchema, { name, operation, text }: ToolDocument, types: ClientTypes): string {
  const own = camelCase(name);
  const root = (
    operation.operation === 'query' ? schema.getQueryType() : schema.getMutationType()
  ) as GraphQLObjectType;
  const variables = (operation.variableDefinitions ?? []).map((definition) => {
    const type = typeFromAST(schema, definition.type as never) as GraphQLInputType;
    const isOptional = !isNonNullType(type) || definition.defaultValue !== undefined;
    const says = commentOf(definition.description?.value, '  ');
    return `${says}  ${definition.variable.name.value}${isOptional ? '?' : ''}: ${optional(types.input(type), isOptional)};\n`;
  });
  const data = types.object(root, operation.selectionSet);
  const imports = [...types.used].sort();
  return [
    NOTICE,
    `import type { GraphQLDocument } from '../document.ts';\n`,
    imports.length > 0 ? importOf(imports) : '',
    `\nexport interface ${capitalised(own)}Variables {\n${variables.join('')}}\n`,
    `\nexport interface ${capitalised(own)}Data ${data}\n`,
    `\n${commentOf(operation.description?.value)}`,
    `export const ${own}: GraphQLDocument<${capitalised(own)}Data, ${capitalised(own)}Variables> = \`${text}\`;\n`,
  ].join('');
}

const optional = (type: string, isOptional: boolean): string => (isOptional ? `${type} | undefined` : type);

function importOf(names: string[]): string {
  const line = `import type { ${names.join(', ')} } from './types.ts';\n`;
  return line.length <= 121
    ? line
    : `import type {\n${names.map((name) => `  ${name},\n`).join('')}} from './types.ts';\n`;
}

/** The types that documents share: enums, inputs, and what fragments select. */
function typesFile(schema: GraphQLSchema, used: ReadonlySet<string>): string {
  const fragments = readFragments();
  const types = new ClientTypes(schema, fragments);
  const written = new Map<string, string>();
  const pending = [...used];
  for (let name = pending.pop(); name; name = pending.pop()) {
    if (written.has(name)) continue;
    types.used.clear();
    written.set(name, declaration(schema, types, name));
    pending.push(...types.used);
  }
  return (
    NOTICE +
    [...written.keys()]
      .sort()
      .map((name) => `\n${written.get(name)}`)
      .join('')
  );
}

function declaration(schema: GraphQLSchema, types: ClientTypes, name: string): string {
  const type = schema.getType(name);
  if (isEnumType(type))
    return unionOf(
      name,
      type.getValues().map((value) => `'${value.name}'`),
    );
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    if (type.isOneOf)
      return unionOf(
        name,
        fields.map((field) => `{ ${field.name}: ${types.input(field.type).replace(' | null', '')} }`),
      );
    const members = fields.map(({ name, type, description, defaultValue }) => {
      const isOptional = !isNonNullType(type) || defaultValue !== undefined;
      return `${commentOf(description, '  ')}  ${name}${isOptional ? '?' : ''}: ${optional(types.input(type), isOptional)};\n`;
    });
    return `${commentOf(type.description)}export interface ${name} {\n${members.join('')}}\n`;
  }
  const fragment = [...readFragments().values()].find((each) => fragmentType(each.name.value) === name);
  const on = fragment && schema.getType(fragment.typeCondition.name.value);
  if (!fragment || !isObjectType(on)) throw new Error(`There is no type ${name}.`);
  return `export interface ${name} ${types.object(on, fragment.selectionSet)}\n`;
}

function unionOf(name: string, members: string[]): string {
  const line = `export type ${name} = ${members.join(' | ')};\n`;
  return line.length <= 121 ? line : `export type ${name} =\n${members.map((member) => `  | ${member}`).join('\n')};\n`;
}

const allFile = (names: string[]): string =>
  `${NOTICE}\n${['types', ...names.map(fileName)]
    .sort()
    .map((name) => `export ${name === 'types' ? 'type ' : ''}* from './${name}.ts';\n`)
    .join('')}`;
