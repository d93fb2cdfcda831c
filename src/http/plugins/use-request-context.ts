import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Database } from '../../db/database.ts';
import type { Embeddings } from '../../domain/embedding/embeddings.ts';
import { Context, type Principal } from '../../graphql/core/context.ts';
import { currentRequest } from '../telemetry/request-record.ts';
import { outageLog, outageOf, refusalOf } from './outage.ts';
import type { Note } from './use-audit.ts';

interface RequestContextOptions {
  database: Database;
  embeddings: Embeddings;
  /** How long one statement of a read may take. */
  statementTimeoutMs: number;
  /** Takes what is to stand in the audit trail. */
  note: Note;
  log: (text: string) => void;
}

/**
 * Gives each operation its context, and ends the context's view of the database when it is done. If the database was
 * unavailable and nothing was done, that is the whole answer, with status 503.
 */
export function useRequestContext(options: RequestContextOptions): Plugin {
  const { database, embeddings, statementTimeoutMs } = options;
  const noteOutage = outageLog(options.log);
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn(async (args: ExecutionArgs): Promise<ExecutionResult> => {
        const { principal } = args.contextValue as { principal: Principal };
        const counted = currentRequest.getStore()?.statements.on(database);
        const { workspaceId, actor, scopes } = principal;
        const context = new Context(
          principal,
          {
            database: counted ?? database,
            workspaceId,
            actor,
            embedding: embeddings.model,
            statementTimeoutMs,
            isBlind: !scopes.has('READ'),
          },
          embeddings,
          (noted) => options.note(args.contextValue as { principal: Principal }, noted),
        );
        try {
          const result = (await executeFn({ ...args, contextValue: context })) as ExecutionResult;
          const outage = outageOf(result);
          if (outage) noteOutage(outage);
          const refusal = outage && !context.hasWritten && refusalOf(result, outage);
          if (refusal) return refusal;
          const { failures } = context;
          return {
            ...result,
            // The list as it is now: what still runs after an error has made all of the data null still adds to it.
            ...(result.errors && { errors: [...result.errors] }),
            ...(failures.length > 0 && { extensions: { ...result.extensions, failures: [...failures] } }),
          };
        } finally {
          await context.reads.close();
        }
      });
    },
  };
}
