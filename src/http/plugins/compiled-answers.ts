import { channel } from 'node:diagnostics_channel';
import type { ExecutionArgs, ExecutionResult } from 'graphql';

/** An answer that was made by one statement a field. */
export interface CompiledAnswer {
  answer: ExecutionResult;
  args: ExecutionArgs;
  /** The executor's answer in the same view. */
  execute(): Promise<ExecutionResult>;
  /** The answer from another view, as it is made without listeners: by one message, if one statement is enough. */
  alone(): Promise<ExecutionResult | undefined>;
  /** Has the request wait for this. */
  wait(until: Promise<unknown>): void;
}
/** Publishes each {@link CompiledAnswer} to those who compare it. */
export const COMPILED_CHANNEL = 'palimpsest:compiled-answer';
const answers = channel(COMPILED_CHANNEL);

export const isHeard = (): boolean => answers.hasSubscribers;

/** Lets those who listen compare an answer, and waits for them. */
export async function tell(compiled: Omit<CompiledAnswer, 'wait'>): Promise<void> {
  const waited: Promise<unknown>[] = [];
  answers.publish({ ...compiled, wait: (until) => void waited.push(until) } satisfies CompiledAnswer);
  await Promise.all(waited);
}
