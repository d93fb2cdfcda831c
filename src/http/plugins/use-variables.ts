import {
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { bulkMutations } from '../../graphql/core/bulk-mutations.ts';
import { coerceInTurns, Uncoercible } from '../../graphql/core/coerce-in-turns.ts';
import { takesDoubles, variablesInJson } from '../../graphql/core/json-object.ts';
import { MAX_VALUES } from '../requests/parameters.ts';
import { tooLarge } from '../requests/read-body.ts';
import { Refused } from '../requests/refused.ts';
import { type RequestSize, sizeOf } from '../requests/size.ts';
import { variablesBehind } from '../requests/variables.ts';
import { refusalFor } from './refusal.ts';

/** What a value takes in memory when it is parsed, beyond its text. */
const VALUE_BYTES = 32;

/** So many values take the executor a few milliseconds. */
const COERCED_AT_ONCE = 5_000;

/**
 * Parses the variables that the operation declares, and no others, when the document is known to be valid; and refuses
 * requests that are larger than their operation may be. Comes before all that looks at variables.
 */
export const useVariables = (): Plugin => ({
  async onExecute({ args, setResultAndStopExecution, executeFn, setExecuteFn }) {
    const read = await readVariables(args);
    if (read?.errors) return setResultAndStopExecution({ errors: read.errors });
    const { execution } = read ?? {};
    if (execution) setExecuteFn((args: ExecutionArgs) => executeFn({ ...args, ...execution }));
  },
  async onSubscribe({ args, setResultAndStopExecution }) {
    const read = await readVariables(args);
    if (read?.errors) setResultAndStopExecution({ errors: read.errors });
  },
});

/** Puts the variables in their place; answers what is wrong with them, or what they are coerced to already. */
async function readVariables(args: ExecutionArgs): Promise<Read | undefined> {
  const { document, operationName, contextValue } = args;
  const operation = getOperationAST(document, operationName);
  const variables = variablesBehind(args.variableValues as Record<string, unknown> | undefined);
  if (!operation) return undefined;
  const names = operation.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
  try {
    const count = variables?.valuesOf(names) ?? 0;
    const size = sizeOf((contextValue as { request: Request }).request);
    if (size) check(size, isBulk(document, operation), count);
    const values = variables ? await variables.parse(names, takesDoubles(args.schema, operation)) : {};
    refuseMissing(args.schema, document, operation, values);
    args.variableValues = values;
    if (count <= COERCED_AT_ONCE) return undefined;
    return { execution: await coerceInTurns({ schema: args.schema, document, variableValues: values }, operation) };
  } catch (error) {
    if (error instanceof Uncoercible) return { errors: error.errors };
    if (!(error instanceof Refused)) throw error;
    return { errors: [refusalFor(error)] };
  }
}

interface Read {
  errors?: readonly GraphQLError[];
  execution?: Partial<ExecutionArgs>;
}

function check({ bytes, most, reservation }: RequestSize, isBulk: boolean, values: number): void {
  if (!isBulk && bytes > most) throw tooLarge(most);
  if (!isBulk && values > MAX_VALUES) {
    const message = `The variables are too large: at most ${MAX_VALUES.toLocaleString('en')} values are allowed.`;
    throw new Refused(413, 'LIMIT_EXCEEDED', message, { extensions: { limit: MAX_VALUES } });
  }
  reservation.take(values * VALUE_BYTES);
}

/** Throws Refused where a variable has no value that stands within JSON. */
function refuseMissing(
  schema: GraphQLSchema,
  document: DocumentNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
  values: Record<string, unknown>,
): void {
  const missing = variableDefinitions.filter(
    ({ variable, defaultValue }) => !defaultValue && !Object.hasOwn(values, variable.name.value),
  );
  if (missing.length === 0) return;
  const name = missing
    .map(({ variable }) => variable.name.value)
    .find((each) => variablesInJson(schema, document).has(each));
  if (name === undefined) return;
  const message = `Variable "$${name}" has no value, and cannot be left out of the JSON that it stands in: send one, or null.`;
  throw new Refused(400, 'INVALID_INPUT', message);
}

/** Whether an operation has a bulk mutation in it. */
function isBulk(document: DocumentNode, { operation, selectionSet }: OperationDefinitionNode): boolean {
  if (operation !== 'mutation') return false;
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
  const has = ({ selections }: SelectionSetNode): boolean =>
    selections.some((node) => {
      if (node.kind === Kind.FIELD) return bulkMutations.has(node.name.value);
      if (node.kind === Kind.INLINE_FRAGMENT) return has(node.selectionSet);
      const fragment = fragments.get(node.name.value);
      return fragment !== undefined && has(fragment.selectionSet);
    });
  return has(selectionSet);
}
