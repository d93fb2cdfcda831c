import type { ExecuteOptions, Executes } from '../client/execute.ts';
import { OperationError } from '../client/operation-error.ts';

/** One mutation of a document: its field, its input, and what is asked for of its payload. */
export interface Step {
  field: string;
  /** With an idempotency key of its own, or without. */
  input: Readonly<Record<string, unknown>>;
  select?: string;
}

/** Always asked for: what was wrong with an input. */
const ISSUES = '__typename ... on InvalidInputError { issues { path message } }';

/**
 * Does several things by one request, in order, and answers their payloads. Each has an idempotency key, so that a client that sends
 * the request again does nothing twice. Throws OperationError where one failed; the others are done then.
 */
export async function change<Payload = unknown>(
  { execute }: Executes,
  steps: readonly Step[],
  { signal }: ExecuteOptions = {},
): Promise<Payload[]> {
  if (steps.length === 0) return [];
  const typeOf = (field: string) => `${field.replace(/^./, (first) => first.toUpperCase())}Input!`;
  const types = steps.map(({ field }, n) => `$i${n}: ${typeOf(field)}`);
  const fields = steps.map(({ field, select = '' }, n) => `m${n}: ${field}(input: $i${n}) { ${ISSUES} ${select} }`);
  const inputs = steps.map(({ input }, n) => [`i${n}`, { idempotencyKey: crypto.randomUUID(), ...input }] as const);
  const document = `mutation (${types.join(', ')}) { ${fields.join(' ')} }`;
  const data = await execute<Record<string, Payload>>(document, Object.fromEntries(inputs), { signal });
  return steps.map((_, n) => data[`m${n}`] as Payload);
}

/** Whether something was refused by a code of the service. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof OperationError && error.code === code;

/** What a promise answers, or undefined where the service says that there is no such thing. */
export async function unlessMissing<Value>(running: Promise<Value>): Promise<Value | undefined> {
  try {
    return await running;
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** So often is looked again, where others take away the same at the same time. */
const MOST_TRIES = 20;

/** Takes away what is found, as often as some of it has been taken away by others in between. Answers what was found last. */
export async function takeAway<Found>(
  find: () => Promise<readonly Found[]>,
  take: (found: readonly Found[]) => Promise<unknown>,
): Promise<readonly Found[]> {
  for (let tries = 1; ; tries++) {
    const found = await find();
    try {
      await take(found);
      return found;
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND') || tries === MOST_TRIES) throw error;
    }
  }
}
