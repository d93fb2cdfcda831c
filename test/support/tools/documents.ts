import { readdirSync, readFileSync } from 'node:fs';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  specifiedRules,
  validate,
  visit,
} from 'graphql';

const folder = new URL('../../../src/mcp/tools/', import.meta.url);

/** A tool's document: its operation, and the fragments it spreads. */
export interface ToolDocument {
  name: string;
  operation: OperationDefinitionNode;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** The whole document without descriptions, as it is sent. */
  text: string;
}

const parsed = (file: string): DocumentNode => parse(readFileSync(new URL(file, folder), 'utf8'));
const namesIn = (path: string): string[] =>
  readdirSync(new URL(path, folder)).filter((file) => file.endsWith('.graphql'));

/** All fragments that documents may spread, by their names. */
export function readFragments(): Map<string, FragmentDefinitionNode> {
  const definitions = namesIn('fragments/').flatMap((file) => parsed(`fragments/${file}`).definitions);
  return new Map(definitions.map((each) => [(each as FragmentDefinitionNode).name.value, each] as never));
}

/** The documents in `src/mcp/tools`, by their names. Throws where one is not valid, or not named as its file is. */
export function readDocuments(schema: GraphQLSchema): Map<string, ToolDocument> {
  const all = readFragments();
  return new Map(
    namesIn('.').map((file) => {
      const [operation, ...others] = parsed(file).definitions;
      if (operation?.kind !== Kind.OPERATION_DEFINITION || others.length > 0) {
        throw new Error(`${file}: one operation is expected, and nothing else.`);
      }
      const name = operation.name?.value ?? '';
      if (`${name}.graphql` !== file) throw new Error(`${file}: its operation is named ${name}.`);
      const fragments = spreadBy(operation, all);
      const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments.values()] };
      const [problem] = validate(schema, document, specifiedRules);
      if (problem) throw new Error(`${file}: ${problem.message}`);
      return [name, { name, operation, fragments, text: onShortLines(print(withoutDescriptions(document))) }];
    }),
  );
}

function spreadBy(
  node: OperationDefinitionNode | FragmentDefinitionNode,
  all: ReadonlyMap<string, FragmentDefinitionNode>,
  found = new Map<string, FragmentDefinitionNode>(),
): Map<string, FragmentDefinitionNode> {
  visit(node, {
    FragmentSpread({ name: { value } }) {
      const fragment = all.get(value);
      if (!fragment || found.has(value)) return;
      found.set(value, fragment);
      spreadBy(fragment, all, found);
    },
  });
  return found;
}

const withoutDescriptions = (document: DocumentNode): DocumentNode =>
  visit(document, {
    OperationDefinition: (node) => ({ ...node, description: undefined }),
    VariableDefinition: (node) => ({ ...node, description: undefined }),
  });

/** Each variable on a line of its own: `print` breaks lines only where there are descriptions. */
const onShortLines = (text: string): string =>
  text.replace(/^(\w+ \w+)\((.*)\) \{$/m, (_, head: string, variables: string) => {
    return `${head}(\n  ${variables.split(/, (?=\$)/).join('\n  ')}\n) {`;
  });
