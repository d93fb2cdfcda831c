import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { DomainError, EmbeddingDimension, Forbidden, InvalidInput, LimitExceeded, NotFound } from '../errors.ts';

/** What a coded error says beyond its message. */
function details(error: DomainError): Record<string, unknown> {
  if (error instanceof InvalidInput) return { issues: error.issues };
  if (error instanceof LimitExceeded) return { limit: error.limit, given: error.given };
  if (error instanceof EmbeddingDimension) return { expected: error.expected, given: error.given };
  if (error instanceof NotFound) return { ids: error.ids };
  if (error instanceof Forbidden) return { requiredScope: error.requiredScope };
  return {};
}

/** What was thrown, or, where Drizzle wrapped it, what that was. */
function thrownBy({ originalError }: GraphQLError): Error | undefined {
  const cause = originalError?.cause;
  return cause instanceof DomainError ? cause : originalError;
}

function withCode(error: GraphQLError): GraphQLError {
  const originalError = thrownBy(error);
  if (originalError instanceof DomainError) {
    return new GraphQLError(originalError.message, {
      ...(error.nodes && { nodes: error.nodes }),
      ...(error.path && { path: error.path }),
      extensions: { code: originalError.code, ...details(originalError) },
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
