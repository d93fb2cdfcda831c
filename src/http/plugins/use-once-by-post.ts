import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isOnceByPost } from '../../graphql/cost/declare.ts';

/**
 * Refuses a document that asks for a field more than once which may be asked for once, and any that asks for it by GET,
 * before anything of it runs: caches and browsers repeat a GET by themselves.
 */
export const useOnceByPost = (): Plugin<{ request: Request }> => ({
  onExecute({ args, setResultAndStopExecution }) {
    const { schema, document, operationName } = args;
    const asked = onceFields(schema, document, operationName);
    if (asked.size === 0) return;
    const { method } = (args.contextValue as { request: Request }).request;
    const [field, given] = [...asked].sort(([, one], [, other]) => other - one)[0] as [string, number];
    if (method !== 'POST') setResultAndStopExecution({ errors: [byPost(field)] });
    else if (given > 1) setResultAndStopExecution({ errors: [once(field, given)] });
  },
});

const byPost = (field: string) =>
  new GraphQLError(`${field} costs tokens of a chat model: send the document by POST.`, {
    extensions: { code: 'BAD_REQUEST', field, http: { status: 405, headers: { allow: 'POST' } } },
  });

const once = (field: string, given: number) =>
  new GraphQLError(
    `${field} may stand in a document once, since it costs tokens of a chat model, and stands there ${given} times: send ` +
      'several documents.',
    { extensions: { code: 'LIMIT_EXCEEDED', limit: 1, given, field, http: { spec: true, status: 400 } } },
  );

/**
 * How many times an operation asks for each field of Query that may be asked for once, under whatever names, also where
 * `@skip` and `@include` leave it out. The same name in several places counts once: it is one field of the answer.
 */
function onceFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): Map<string, number> {
  const fields = schema.getQueryType()?.getFields() ?? {};
  const names = new Map<string, Set<string>>();
  const spread = new Set<string>();
  const look = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet);
      if (selection.kind === Kind.FRAGMENT_SPREAD && !spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const found = document.definitions.find(
          (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
        );
        if (found?.kind === Kind.FRAGMENT_DEFINITION) look(found.selectionSet);
      }
      if (selection.kind !== Kind.FIELD) continue;
      const { value } = selection.name;
      const field = fields[value];
      if (!field || !isOnceByPost(field)) continue;
      names.set(value, (names.get(value) ?? new Set()).add(selection.alias?.value ?? value));
    }
  };
  const operation = getOperationAST(document, operationName);
  if (operation?.operation === 'query') look(operation.selectionSet);
  return new Map([...names].map(([field, under]) => [field, under.size]));
}
