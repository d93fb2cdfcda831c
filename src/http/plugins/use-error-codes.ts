import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import {
  type DomainError,
  EmbeddingDimension,
  Forbidden,
  InvalidInput,
  LimitExceeded,
  NotFound,
  type Unavailable,
} from '../../kernel/errors.ts';
import { expectedOf } from './outage.ts';

/** What a coded error says beyond its message. */
function details(error: DomainError | Unavailable): Record<string, unknown> {
  if (error instanceof InvalidInput) return { issues: error.issues };
  if (error instanceof LimitExceeded) return { limit: error.limit, given: error.given };
  if (error instanceof EmbeddingDimension) return { expected: error.expected, given: error.given };
  if (error instanceof NotFound) return { ids: error.ids };
  if (error instanceof Forbidden) return { requiredScope: error.requiredScope };
  return {};
}

/** The same error with the code of what it comes from. */
export function withCode(error: GraphQLError): GraphQLError {
  const { originalError } = error;
  const expected = expectedOf(error);
  if (expected) {
    return new GraphQLError(expected.message, {
      ...(error.nodes && { nodes: error.nodes }),
      ...(error.path && { path: error.path }),
      extensions: { code: expected.code, ...details(expected) },
    });
  }
  // Without an original error it comes from coercing the caller's variables and arguments.
  const isCoercion = !originalError || originalError instanceof GraphQLError;
  if (isCoercion && error.extensions.code === undefined) {
    error.extensions.code = 'INVALID_INPUT';
  }
  return error;
}

/** Expected failures of queries, and variables that cannot be coerced, are top-level errors with `extensions.code`. */
export const useErrorCodes = (): Plugin => ({
  onExecute({ executeFn, setExecuteFn }) {
    setExecuteFn(async (args: ExecutionArgs): Promise<ExecutionResult> => {
      const result = (await executeFn(args)) as ExecutionResult;
      return result.errors ? { ...result, errors: result.errors.map(withCode) } : result;
    });
  },
});
