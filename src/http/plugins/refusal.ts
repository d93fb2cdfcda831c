import type { GraphQLError } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';

/** An answer of this status in place of what was asked: thrown before the body is read. */
export const refusal = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): GraphQLError => createGraphQLError(message, { extensions: { http: { status, headers }, code } });

/** An answer that says when to ask again. */
export const refusedUntil = (status: number, code: string, message: string, seconds: number): GraphQLError =>
  refusal(status, code, message, { 'retry-after': String(Math.max(1, Math.ceil(seconds))) });
