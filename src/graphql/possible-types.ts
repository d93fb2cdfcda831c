import { type GraphQLSchema, isAbstractType } from 'graphql';

/**
 * The types that each interface and union may be, by name: what caches of clients need to know that read a fragment on
 * an interface, such as Apollo's `possibleTypes`.
 */
export const possibleTypes = (schema: GraphQLSchema): Record<string, string[]> =>
  Object.fromEntries(
    Object.values(schema.getTypeMap())
      .filter(isAbstractType)
      .map(
        (type) =>
          [
            type.name,
            schema
              .getPossibleTypes(type)
              .map(({ name }) => name)
              .sort(),
          ] as const,
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
