import type { Executes } from '../../client/execute.ts';
import { change, type Step } from '../change.ts';
import type { RememberPolicy } from '../transcript.ts';

export interface PalimpsestOptions {
  /** The key of the companion whose memory it is: 1 to 500 characters. An unknown one is created. Default: `mastra`. */
  companion?: string | undefined;
  /**
   * Which messages become memories, which `recall` and `context` find. Default: TURNS, the texts of users and assistants.
   */
  remember?: RememberPolicy | undefined;
  /** What becomes of the memories of messages that are deleted. Default: FORGET, for good. */
  memories?: 'FORGET' | 'KEEP' | undefined;
}

/** The service as the adapter asks it: for one companion. */
export class Service {
  readonly companion: { key: string };
  readonly remember: RememberPolicy;
  readonly memories: 'FORGET' | 'KEEP';
  readonly #executes: Executes;

  constructor(
    executes: Executes,
    { companion = 'mastra', remember = 'TURNS', memories = 'FORGET' }: PalimpsestOptions,
  ) {
    this.#executes = executes;
    this.companion = { key: companion };
    this.remember = remember;
    this.memories = memories;
  }

  /** The same, for messages that become no memories. */
  thatRemembersNothing(): Service {
    return new Service(this.#executes, { companion: this.companion.key, remember: 'NONE', memories: this.memories });
  }

  /** Asks a document that takes the companion as `$companion`. */
  ask<Data>(document: string, variables: object = {}): Promise<Data> {
    return this.#executes.execute<Data>(document, { companion: this.companion, ...variables });
  }

  /** Does several things in one request, in order, and answers their payloads. Throws OperationError where one failed. */
  change<Payload = unknown>(steps: readonly Step[]): Promise<Payload[]> {
    return change(this.#executes, steps);
  }
}

/** Whether the service can know an id of the caller's: 1 to 500 characters that say something. */
export const isKey = (id: string): boolean =>
  id.length <= 500 && id.trim() !== '' && !id.includes('\0') && id.isWellFormed();
