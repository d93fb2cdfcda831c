/**
 * A GraphQL document, as text or as what GraphQL Code Generator and gql.tada make (a string object, or a parsed document
 * that keeps its source), with the types of what it answers and takes where the maker states them.
 */
export type GraphQLDocument<Data = unknown, Variables = Record<string, unknown>> = (
  | string
  | { toString(): string }
  | { readonly loc?: { readonly source: { readonly body: string } } | undefined }
) & {
  /** Never there: carries the types alone. */
  readonly __apiType?: ((variables: Variables) => Data) | undefined;
};

/** The text of a document. Throws TypeError where it is a parsed document without its source. */
export function textOf(document: GraphQLDocument<unknown, never>): string {
  if (typeof document === 'string') return document;
  if ('loc' in document && document.loc) return document.loc.source.body;
  const text = String(document);
  if (text.startsWith('[object ')) {
    throw new TypeError('The document is neither text nor a parsed document with its source: pass print(document).');
  }
  return text;
}
