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

/** Calls `hear` with each such answer, and waits for it. */
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
export async function differenceOf(compiled: CompiledAnswer): Promise<string | undefined> {
  const { answer, args, execute } = compiled;
  if (isOfMoment(answer)) return undefined;
  const { document, variableValues, contextValue } = args;
  // Else all would be counted twice.
  (contextValue as { budget?: { release(): void } }).budget?.release();
  const made = told(answer);
  const plain = await comparing.run(true, execute);
  if (isOfMoment(plain)) return undefined;
  const alone = made === told(plain) ? await aloneOf(compiled) : undefined;
  if (made === told(plain) && !alone) return undefined;
  return `${document.loc?.source.body} ${JSON.stringify(variableValues)}:\n${made}\nis not\n${alone ?? told(plain)}`;
}

/** How often both are asked again, since something may be written between them. */
const ATTEMPTS = 3;

/** The answer from another view where it differs, not counting what depends on the moment. */
async function aloneOf({ answer, args, alone, execute }: CompiledAnswer): Promise<string | undefined> {
  // The embedded database takes one statement a message.
  if (!process.env.TEST_DATABASE_URL) return undefined;
  const { budget } = args.contextValue as { budget?: { release(): void } };
  let plain = answer;
  for (let attempt = 1; ; attempt++) {
    budget?.release();
    const own = await comparing.run(true, alone);
    if (!own || isOfMoment(own) || isAlike(JSON.parse(told(plain)), JSON.parse(told(own)))) return undefined;
    if (attempt === ATTEMPTS) return told(own);
    plain = await comparing.run(true, execute);
    if (isOfMoment(plain)) return undefined;
  }
}

/** Whether values are the same as those of another moment: importance has decayed since, and cursors say the moment. */
function isAlike(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') return Math.abs(one - other) < 1e-4;
  if (typeof one === 'string' && typeof other === 'string') return one === other || (isCursor(one) && isCursor(other));
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return one === other;
  const [keys, others] = [Object.entries(one), Object.entries(other)];
  return (
    keys.length === others.length &&
    keys.every(([key, value], n) => key === others[n]?.[0] && isAlike(value, others[n]?.[1]))
  );
}

/** In base64url, a list of JSON that begins with a text. */
const isCursor = (text: string): boolean => /^WyJ[\w-]+$/.test(text);

/** Compares every such answer, and calls `onDifference` with what is different. */
export function compareBothWays(onDifference: (difference: string) => void): void {
  hearCompiled(async (compiled) => {
    const difference = await differenceOf(compiled);
    if (difference) onDifference(difference);
  });
}
