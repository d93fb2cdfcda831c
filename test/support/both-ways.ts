import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { ExecutionResult } from 'graphql';
import { COMPILED_CHANNEL, type CompiledAnswer } from '../../src/http/plugins/compiled-answers.ts';
import { expectedOf } from '../../src/http/plugins/outage.ts';
import { LimitExceeded, Unavailable } from '../../src/kernel/errors.ts';

/** Set while an answer is made by the executor only to be compared: what it sends to the database is not the service's. */
export const comparing = new AsyncLocalStorage<true>();

/** An answer as text, with its keys in their order. */
const told = ({ data, errors }: ExecutionResult): string =>
  JSON.stringify({ data, errors: errors?.map(({ message, path, locations }) => ({ message, path, locations })) });

/** Hears of each such answer, which waits for it. */
export const hearCompiled = (hear: (compiled: CompiledAnswer) => Promise<void>): void =>
  subscribe(COMPILED_CHANNEL, (message) => {
    const compiled = message as CompiledAnswer;
    compiled.wait(hear(compiled));
  });

/** What depends on the moment, or on how much was read: it may be of one way alone. */
const isOfMoment = ({ errors = [] }: ExecutionResult): boolean =>
  errors.some((error) => {
    const expected = expectedOf(error);
    return expected instanceof Unavailable || expected instanceof LimitExceeded;
  });

/** What is different where an answer of one statement a field is made by the executor, too, in the same view. */
export async function differenceOf({ answer, args, execute }: CompiledAnswer): Promise<string | undefined> {
  if (isOfMoment(answer)) return undefined;
  const { document, variableValues, contextValue } = args;
  // Else all would be counted twice.
  (contextValue as { budget?: { release(): void } }).budget?.release();
  const made = told(answer);
  const plain = await comparing.run(true, execute);
  if (isOfMoment(plain) || made === told(plain)) return undefined;
  return `${document.loc?.source.body} ${JSON.stringify(variableValues)}:\n${made}\nis not\n${told(plain)}`;
}

/** Has every such answer compared, and hears what is different. */
export function compareBothWays(onDifference: (difference: string) => void): void {
  hearCompiled(async (compiled) => {
    const difference = await differenceOf(compiled);
    if (difference) onDifference(difference);
  });
}
