import SchemaBuilder from '@pothos/core';
import DrizzlePlugin from '@pothos/plugin-drizzle';
import ErrorsPlugin from '@pothos/plugin-errors';
import { getTableConfig } from 'drizzle-orm/pg-core';
import { type Relations, tableRelations } from '../../tables/drizzle-relations.ts';
import type { Context } from './context.ts';

/** What every type of the schema is built with. */
export const builder = new SchemaBuilder<{
  Context: Context;
  DrizzleRelations: Relations;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
    JSONObject: { Input: Record<string, unknown>; Output: Record<string, unknown> };
  };
}>({
  plugins: [ErrorsPlugin, DrizzlePlugin],
  defaultFieldNullability: false,
  drizzle: { client: (context) => context.reads.drizzle(tableRelations), getTableConfig, relations: tableRelations },
  errors: { defaultTypes: [], directResult: true },
});

/** The builder's type parameter, for functions that take refs. */
// biome-ignore lint/suspicious/noExplicitAny: never reached
export type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : any;

builder.queryType({ description: 'All reads. A list answers a page of 20 items by default, and of 100 at most.' });
builder.subscriptionType({
  description:
    'What happens, as it happens: over server-sent events, one stream a subscription (graphql-sse). What is delivered is ' +
    'read with the credential of the request, as a query would read it then.',
});
builder.mutationType({
  description:
    'All changes. Every mutation is one transaction. It answers with its payload, or with an ' +
    'expected failure as data, which `extensions.failures` lists too.',
});
