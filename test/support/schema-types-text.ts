import { minifyIntrospection, preprocessIntrospection } from '@gql.tada/internal';
import { introspectionFromSchema } from 'graphql';
import { schema } from '../../src/graphql/schema.ts';

/** The schema as a TypeScript type, which types of answers are inferred from: the text of schema-types.d.ts. */
export const schemaTypes = () =>
  `export type introspection = ${preprocessIntrospection(minifyIntrospection(introspectionFromSchema(schema) as never))};\n`;
