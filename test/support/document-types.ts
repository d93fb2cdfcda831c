import type { initGraphQLTada, ResultOf } from 'gql.tada';
import type { introspection } from './schema-types.d.ts';

interface Setup {
  introspection: introspection;
  scalars: { DateTime: string; JSONObject: Record<string, unknown> };
  disableMasking: true;
}

declare const read: initGraphQLTada<Setup>;

/** Whether a text is known to the last character: not just `string`, nor a template with something put in. */
type IsLiteral<Text extends string> = Record<never, never> extends Record<Text, 1> ? false : true;

/** What a document answers, by the schema; unknown of one that is put together while the test runs. */
export type DataOf<Document extends string> = IsLiteral<Document> extends true ? Read<Document> : unknown;

/** None from elsewhere: a document has its fragments behind its operation. */
// biome-ignore lint/suspicious/noExplicitAny: any other type would hide the document's own fragments
type Fragments = readonly any[];

// Of the two signatures the first is for documents kept in a cache and does not take any text; the last is read.
// @ts-expect-error
type Read<Document extends string> = ResultOf<ReturnType<typeof read<Document, Fragments>>>;
