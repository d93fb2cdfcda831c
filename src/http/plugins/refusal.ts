import type { GraphQLError } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';
import type { Refused } from '../requests/refused.ts';

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

/** The answer to a request that is refused for what it is. */
export const refusalFor = ({ status, code, message, headers, extensions }: Refused): GraphQLError =>
  createGraphQLError(message, { extensions: { ...extensions, http: { status, headers }, code } });
