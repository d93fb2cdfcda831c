import { type GraphQLDocument, textOf } from './document.ts';
import type { Execute, ExecuteOptions } from './execute.ts';

/** A list of GraphQL, as documents select it: `pageInfo { hasNextPage endCursor }` is needed. */
export interface Connection {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

/**
 * Asks for a list page by page, each as soon as the one before has been used. The document takes the variable `$after:
 * String` and gives it to the list; `pick` finds the list in its data, and null ends it, as where its parent is not
 * there.
 */
export type Pages = <Data, Variables extends object, List extends Connection>(
  document: GraphQLDocument<Data, Variables>,
  variables: NoInfer<Variables>,
  pick: (data: Data) => List | null | undefined,
  options?: ExecuteOptions,
) => AsyncGenerator<List, void, undefined>;

export const pagesBy = (execute: Execute): Pages =>
  async function* pages<Data, Variables extends object, List extends Connection>(
    document: GraphQLDocument<Data, Variables>,
    variables: Variables,
    pick: (data: Data) => List | null | undefined,
    options?: ExecuteOptions,
  ) {
    if (!/\$after\b/.test(textOf(document))) {
      throw new TypeError('The document has no pages: it needs the variable $after: String, given to its list.');
    }
    let after: string | null = null;
    for (;;) {
      const given = after === null ? variables : { ...variables, after };
      const list = pick(await execute(document, given, options));
      if (!list) return;
      const { hasNextPage, endCursor } = list.pageInfo ?? {};
      if (hasNextPage === undefined || (hasNextPage && !endCursor)) {
        throw new TypeError('The list has to be selected with pageInfo { hasNextPage endCursor }.');
      }
      yield list;
      if (!hasNextPage) return;
      if (endCursor === after) {
        throw new TypeError(
          'The list stays where it is: give it the variable, as in memories(first: 100, after: $after).',
        );
      }
      after = endCursor ?? null;
    }
  };
