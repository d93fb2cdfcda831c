import { type ExecutionArgs, type ExecutionResult, getOperationAST, OperationTypeNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ByteBudget } from '../../db/byte-budget.ts';
import { BrokenOff } from '../../db/outage.ts';
import { READ_ATTEMPTS } from '../../db/read-transaction.ts';
import { CompiledOperations } from '../../graphql/compiled/operation.ts';
import { schema } from '../../graphql/schema.ts';
import { follow } from '../telemetry/current-work.ts';
import { isHeard, tell } from './compiled-answers.ts';
import { type ContextOptions, contextMaker, type Operating } from './make-context.ts';
import { afterWrite, clockLog, outageLog, outageOf, refusalOf } from './outage.ts';

type ExecuteFn = (args: ExecutionArgs) => unknown;

interface RequestContextOptions extends ContextOptions {
  /** Answer what can be by one statement a field; see {@link CompiledOperations}. */
  compiledReads: boolean;
  log: (text: string) => void;
}

/**
 * Gives each operation its context, and ends the context's view of the database when it is done. If the database was
 * unavailable and nothing was done, that is the whole answer, with status 503.
 */
export function useRequestContext(options: RequestContextOptions): Plugin {
  const compiled = options.compiledReads ? new CompiledOperations(schema) : undefined;
  const noteOutage = outageLog(options.log);
  const contextOf = contextMaker(options, clockLog(options.log));
  const execute = async (executeFn: ExecuteFn, args: ExecutionArgs) => {
    const context = contextOf(args.contextValue as Operating);
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
