import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import { NoDateTime, readDateTime } from '../../kernel/date-time.ts';

function read(value: unknown, node?: ValueNode): Date {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  try {
    if (typeof value === 'string') return readDateTime(value);
    const shown = node ? print(node) : (JSON.stringify(value) ?? String(value));
    const what =
      typeof value === 'number' ? 'it is a number: a date and a time are expected, in quotes' : 'a text is expected';
    throw new NoDateTime(shown, what);
  } catch (error) {
    if (!(error instanceof NoDateTime)) throw error;
    throw new GraphQLError(error.message, node ? { nodes: node } : {});
  }
}

const ofLiteral = (node: ValueNode): Date =>
  read(
    node.kind === Kind.STRING
      ? node.value
      : node.kind === Kind.INT || node.kind === Kind.FLOAT
        ? Number(node.value)
        : undefined,
    node,
  );

const ofValue = (value: unknown): Date => read(value);

/** Moments of RFC 3339; what is none is told which part is wrong or missing. */
export const DateTime = new GraphQLScalarType<Date, Date>({
  ...(DateTimeResolver as GraphQLScalarType<Date, Date>).toConfig(),
  parseValue: ofValue,
  coerceInputValue: ofValue,
  parseLiteral: ofLiteral,
});
