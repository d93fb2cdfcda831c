import { GraphQLError, GraphQLScalarType, Kind, print } from 'graphql';
import { DateTimeResolver, JSONObjectResolver } from 'graphql-scalars';
import { builder } from './builder.ts';

builder.addScalarType('DateTime', DateTimeResolver, {
  description: 'A moment in time: RFC 3339 with a time zone, e.g. `2026-03-01T09:30:00.000Z`. Kept to the millisecond.',
});

const MAX_SHOWN = 80;

/** GraphQL's own message would say `[object Object]` of a list, and fail over one that nests deeply. */
const noObject = (given: string) =>
  new GraphQLError(
    `A JSON object is expected, such as {"source": "chat"}, not ${given.length > MAX_SHOWN ? `${given.slice(0, MAX_SHOWN)}…` : given}.`,
  );

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const config = (JSONObjectResolver as GraphQLScalarType<Record<string, unknown>, Record<string, unknown>>).toConfig();

const parseValue = (value: unknown) => {
  if (isObject(value)) return value;
  throw noObject(Array.isArray(value) ? 'a list' : JSON.stringify(value));
};

const JsonObject = new GraphQLScalarType<Record<string, unknown>, Record<string, unknown>>({
  ...config,
  parseValue,
  coerceInputValue: parseValue,
  parseLiteral(node, variables) {
    if (node.kind !== Kind.OBJECT) throw noObject(node.kind === Kind.LIST ? 'a list' : print(node));
    return JSONObjectResolver.parseLiteral(node, variables) as Record<string, unknown>;
  },
});

builder.addScalarType('JSONObject', JsonObject, {
  description: 'A JSON object: at most 65,536 bytes, nested at most 64 deep, without the character U+0000.',
});
