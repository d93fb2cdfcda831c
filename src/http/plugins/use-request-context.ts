import { type ExecutionArgs, type ExecutionResult, getOperationAST, OperationTypeNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ByteBudget } from '../../db/byte-budget.ts';
import type { Database } from '../../db/database.ts';
import { BrokenOff } from '../../db/outage.ts';
import { READ_ATTEMPTS } from '../../db/read-transaction.ts';
import { CompiledOperations } from '../../graphql/compiled/operation.ts';
import { Context, type Principal, type Providers } from '../../graphql/core/context.ts';
import { schema } from '../../graphql/schema.ts';
import { narrowingOf } from '../../tables/narrowing.ts';
import { follow } from '../telemetry/current-work.ts';
import { currentRequest } from '../telemetry/request-record.ts';
import { isHeard, tell } from './compiled-answers.ts';
import { afterWrite, clockLog, outageLog, outageOf, refusalOf } from './outage.ts';
import type { Note } from './use-audit.ts';

type ExecuteFn = (args: ExecutionArgs) => unknown;

interface RequestContextOptions extends Providers {
  database: Database;
  /** How long one statement of a read may take. */
  statementTimeoutMs: number;
  /** Takes what is to stand in the audit trail. */
  note: Note;
  /** Answer what can be by one statement a field; see {@link CompiledOperations}. */
  compiledReads: boolean;
  log: (text: string) => void;
}

/**
 * Gives each operation its context, and ends the context's view of the database when it is done. If the database was
 * unavailable and nothing was done, that is the whole answer, with status 503.
 */
export function useRequestContext(options: RequestContextOptions): Plugin {
  const { database, embeddings, statementTimeoutMs, note } = options;
  const compiled = options.compiledReads ? new CompiledOperations(schema) : undefined;
  const noteOutage = outageLog(options.log);
  const onClockBehind = clockLog(options.log);
  const execute = async (executeFn: ExecuteFn, args: ExecutionArgs) => {
    const { principal, budget, sessionId } = args.contextValue as {
      principal: Principal;
      budget?: ByteBudget;
      sessionId?: string;
    };
    const counted = currentRequest.getStore()?.statements.on(database);
    const { workspaceId, actor, restriction, scopes } = principal;
    const tenant = {
      database: counted ?? database,
      workspaceId,
      actor,
      embedding: embeddings.model,
      restriction: restriction ? narrowingOf(restriction) : null,
      isBlind: !scopes.has('READ'),
      statementTimeoutMs,
      onClockBehind,
      ...(budget && { budget }),
      ...(sessionId && { sessionId }),
    };
    const noteHere = (noted: Parameters<Note>[1]) => note(args.contextValue as { principal: Principal }, noted);
    const context = new Context(principal, tenant, options, noteHere);
    try {
      const plain = async () => (await executeFn({ ...args, contextValue: context })) as ExecutionResult;
      // Who compares answers wants them of one view.
      const answer = await compiled?.answer(args, context, follow, !isHeard());
      if (answer && isHeard()) {
        const alone = async () => {
          await context.reads.end();
          return compiled?.answer(args, context, follow, true);
        };
        await tell({ answer, args, execute: plain, alone });
      }
      const result = answer ?? (await plain());
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
          if (mayRepeat) {
            // What was read of it is held no more, and counts no more.
            (args.contextValue as { budget?: ByteBudget }).budget?.release();
            continue;
          }
          if (outage) noteOutage(outage);
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
