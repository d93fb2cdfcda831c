import type { Execute } from '../../client/execute.ts';
import { OperationError } from '../../client/operation-error.ts';

export interface PalimpsestOptions {
  /** What runs GraphQL documents: of a client (`connect`), or of a service in this process (`open`). */
  execute: Execute;
  /** The key of the companion whose memory it is: 1 to 500 characters. An unknown one is created. Default: `mastra`. */
  companion?: string | undefined;
  /**
   * Which messages become memories, which `recall` and `context` find: the texts of users and assistants (TURNS, the
   * default), of users alone, all, or none.
   */
  remember?: 'TURNS' | 'USER_TURNS' | 'ALL' | 'NONE' | undefined;
  /** What becomes of the memories of messages that are deleted: forgotten for good (the default), or kept. */
  memoriesOfDeleted?: 'FORGET' | 'KEEP' | undefined;
}

/** One mutation of a document: its field, its input, and what is asked for of its payload. */
export interface Step {
  field: string;
  input: object;
  select?: string;
}

/** The service as the adapter asks it: for one companion. */
export class Service {
  readonly companion: { key: string };
  readonly remember: NonNullable<PalimpsestOptions['remember']>;
  readonly memories: NonNullable<PalimpsestOptions['memoriesOfDeleted']>;
  readonly #execute: Execute;

  constructor({ execute, companion = 'mastra', remember = 'TURNS', memoriesOfDeleted = 'FORGET' }: PalimpsestOptions) {
    this.#execute = execute;
    this.companion = { key: companion };
    this.remember = remember;
    this.memories = memoriesOfDeleted;
  }

  /** The same, for messages that become no memories. */
  thatRemembersNothing(): Service {
    return new Service({
      execute: this.#execute,
      companion: this.companion.key,
      remember: 'NONE',
      memoriesOfDeleted: this.memories,
    });
  }

  /** Asks a document that takes the companion as `$companion`. */
  ask<Data>(document: string, variables: object = {}): Promise<Data> {
    return this.#execute<Data>(document, { companion: this.companion, ...variables });
  }

  /** Does several things in one request, in order, and answers their payloads. Throws OperationError where one failed. */
  async change<Payload = unknown>(steps: readonly Step[]): Promise<Payload[]> {
    if (steps.length === 0) return [];
    const types = steps.map(({ field }, n) => `$i${n}: ${field.replace(/^./, (first) => first.toUpperCase())}Input!`);
    const fields = steps.map(({ field, select }, n) => `m${n}: ${field}(input: $i${n}) { __typename ${select ?? ''} }`);
    const inputs = Object.fromEntries(steps.map(({ input }, n) => [`i${n}`, input]));
    const data = await this.#execute<Record<string, Payload>>(
      `mutation (${types.join(', ')}) { ${fields.join(' ')} }`,
      inputs,
    );
    return steps.map((_, n) => data[`m${n}`] as Payload);
  }
}

/** The items in lists of at most so many. */
export const chunked = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));

/** What a promise answers, or undefined where the service says that there is no such thing. */
export async function unlessMissing<Value>(running: Promise<Value>): Promise<Value | undefined> {
  try {
    return await running;
  } catch (error) {
    if (error instanceof OperationError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** Whether the service can know an id of the caller's: 1 to 500 characters that say something. */
export const isKey = (id: string): boolean =>
  id.length <= 500 && id.trim() !== '' && !id.includes('\0') && id.isWellFormed();
