import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { Context, type Principal } from '../context.ts';
import type { Database } from '../db/database.ts';
import type { StatementCount } from '../db/statement-count.ts';
import type { Embeddings } from '../embedding/embeddings.ts';

/** Finds out who asks. It decides on the workspace; nothing of the document or its variables does. */
export type Authenticate = (request: Request) => Principal | Promise<Principal>;

/** Gives each operation its context, and ends the context's view of the database when it is done. */
export const useRequestContext = (database: Database, authenticate: Authenticate, embeddings: Embeddings): Plugin => ({
  onExecute({ executeFn, setExecuteFn }) {
    setExecuteFn(async (args: ExecutionArgs): Promise<ExecutionResult> => {
      const { request, statements } = args.contextValue as { request: Request; statements?: StatementCount };
      const principal = await authenticate(request);
      const { workspaceId, actor } = principal;
      const context = new Context(
        principal,
        { database: statements?.on(database) ?? database, workspaceId, actor, embedding: embeddings.model },
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
