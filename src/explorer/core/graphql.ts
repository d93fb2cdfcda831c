import type { initGraphQLTada } from 'gql.tada';
import type { introspection } from '../../../test/support/schema-types.d.ts';

interface Setup {
  introspection: introspection;
  scalars: { DateTime: string; JSONObject: Record<string, unknown> };
  disableMasking: true;
}

/** The texts that each document is put together of: its own, and those of its fragments. */
const textsOf = new Map<string, ReadonlySet<string>>();

function document(text: string, fragments: readonly string[] = []): string {
  const texts = new Set([text, ...fragments.flatMap((each) => [...(textsOf.get(each) ?? [each])])]);
  const whole = [...texts].join('\n');
  textsOf.set(whole, texts);
  return whole;
}

/**
 * A document with the types of what it takes and answers, inferred from the schema; it is a text when it runs. Fragments
 * are named in an array behind it. Documents are in files named `documents.ts`, which a test validates against the schema.
 */
export const graphql = document as unknown as initGraphQLTada<Setup>;

export type { ResultOf, VariablesOf } from 'gql.tada';
