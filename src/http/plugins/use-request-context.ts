import { type ExecutionArgs, type ExecutionResult, getOperationAST, OperationTypeNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Database } from '../../db/database.ts';
import { BrokenOff } from '../../db/outage.ts';
import { READ_ATTEMPTS } from '../../db/read-transaction.ts';
import type { Embeddings } from '../../domain/embedding/embeddings.ts';
import { Context, type Principal } from '../../graphql/core/context.ts';
import { currentRequest } from '../telemetry/request-record.ts';
import { afterWrite, clockLog, outageLog, outageOf, refusalOf } from './outage.ts';

type ExecuteFn = (args: ExecutionArgs) => unknown;

interface RequestContextOptions {
  database: Database;
  embeddings: Embeddings;
  /** How long one statement of a read may take. */
  statementTimeoutMs: number;
  log: (text: string) => void;
}

/**
 * Gives each operation its context, and ends the context's view of the database when it is done. If the database was
 * unavailable and nothing was done, that is the whole answer, with status 503.
 */
export function useRequestContext({ database, embeddings, statementTimeoutMs, log }: RequestContextOptions): Plugin {
  const note = outageLog(log);
  const onClockBehind = clockLog(log);
  const execute = async (executeFn: ExecuteFn, args: ExecutionArgs) => {
    const { principal } = args.contextValue as { principal: Principal };
    const counted = currentRequest.getStore()?.statements.on(database);
    const { workspaceId, actor } = principal;
    const tenant = { workspaceId, actor, embedding: embeddings.model, statementTimeoutMs, onClockBehind };
    const context = new Context(principal, { database: counted ?? database, ...tenant }, embeddings);
    try {
      const result = (await executeFn({ ...args, contextValue: context })) as ExecutionResult;
      // As it is now: what still runs after an error has made all of the data null adds to the list, the more so when
      // the view is closed.
      return { result: { ...result, ...(result.errors && { errors: [...result.errors] }) }, context };
    } finally {
      await context.reads.close();
    }
  };
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn(async (args: ExecutionArgs): Promise<ExecutionResult> => {
        for (let attempt = 1; ; attempt++) {
          const { result, context } = await execute(executeFn, args);
          const outage = outageOf(result);
          // Nothing has been sent yet: what was broken off is asked as a whole, so that the answer shows one moment.
          const mayRepeat = outage instanceof BrokenOff && attempt < READ_ATTEMPTS && isQuery(args);
          if (mayRepeat) continue;
          if (outage) note(outage);
          const refusal = outage && !context.hasWritten && refusalOf(result, outage);
          if (refusal) return refusal;
          const { failures, hasWritten } = context;
          return {
            ...result,
            ...(result.errors && hasWritten && { errors: afterWrite(result.errors) }),
            ...(failures.length > 0 && { extensions: { ...result.extensions, failures: [...failures] } }),
          };
        }
      });
    },
  };
}

const isQuery = ({ document, operationName }: ExecutionArgs): boolean =>
  getOperationAST(document, operationName)?.operation === OperationTypeNode.QUERY;
