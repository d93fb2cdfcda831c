import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { Context, type Principal } from '../context.ts';
import type { Database } from '../db/database.ts';
import type { Embeddings } from '../embedding/embeddings.ts';
import { currentRequest } from '../telemetry/request-record.ts';

/** Gives each operation its context, and ends the context's view of the database when it is done. */
export const useRequestContext = (database: Database, embeddings: Embeddings): Plugin => ({
  onExecute({ executeFn, setExecuteFn }) {
    setExecuteFn(async (args: ExecutionArgs): Promise<ExecutionResult> => {
      const { principal } = args.contextValue as { principal: Principal };
      const counted = currentRequest.getStore()?.statements.on(database);
      const { workspaceId, actor } = principal;
      const context = new Context(
        principal,
        { database: counted ?? database, workspaceId, actor, embedding: embeddings.model },
        embeddings,
      );
      try {
        const result = (await executeFn({ ...args, contextValue: context })) as ExecutionResult;
        if (context.failures.length === 0) return result;
        return { ...result, extensions: { ...result.extensions, failures: context.failures } };
      } finally {
        await context.reads.close();
      }
    });
  },
});
