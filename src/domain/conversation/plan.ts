import { newId } from '../../kernel/ids.ts';
import type { MessageRole } from '../../tables/conversation.ts';
import type { PreparedMessage } from './prepare.ts';

// What becomes of messages that are sent: decided from what the conversation has, without a database.

/** Which messages become memories. */
export const rememberPolicies = ['TURNS', 'USER_TURNS', 'ALL', 'NONE'] as const;
export type RememberPolicy = (typeof rememberPolicies)[number];

const remembered: Record<RememberPolicy, readonly MessageRole[]> = {
  TURNS: ['USER', 'ASSISTANT'],
  USER_TURNS: ['USER'],
  ALL: ['SYSTEM', 'USER', 'ASSISTANT', 'TOOL'],
  NONE: [],
};

/** Whether a policy asks for a memory of a message: it is final, of a role that counts, and says something. */
export const asksFor = (
  policy: RememberPolicy,
  { role, isFinal, words }: Pick<PreparedMessage, 'role' | 'isFinal' | 'words'>,
): boolean => isFinal && words !== null && remembered[policy].includes(role);

/** A message that the conversation has, by the caller's own id. */
export interface KnownMessage {
  id: string;
  externalId: string | null;
  position: number;
  digest: string | null;
  isFinal: boolean;
  isForgotten: boolean;
  memoryId: string | null;
  lineageId: string | null;
}

/** What becomes of one message of the input. */
export interface Planned {
  message: PreparedMessage;
  id: string;
  position: number;
  /** The message that is replaced in place; `isKept`: it stays as it is. */
  before?: KnownMessage;
  isKept: boolean;
  /**
   * It becomes a memory; or the one that the message before became is corrected, whatever the policy, or retracted, where
   * no memory can hold what is said now.
   */
  memory: 'create' | 'correct' | 'retract' | null;
  /** The policy asks for a memory, but none can hold the words. */
  isSkipped: boolean;
}

/**
 * One known by its externalId, with equal content, stays as it is, and so does one that was forgotten; with other
 * content it is replaced in place. Others are new, at the positions from `nextPosition` on.
 */
export function planMessages(
  messages: readonly PreparedMessage[],
  known: readonly KnownMessage[],
  nextPosition: number,
  policy: RememberPolicy,
): Planned[] {
  const byExternalId = new Map(known.map((message) => [message.externalId, message]));
  let position = nextPosition;
  return messages.map((message): Planned => {
    const before = message.externalId == null ? undefined : byExternalId.get(message.externalId);
    const isAsked = asksFor(policy, message);
    const memory = memoryOf(message, before, isAsked);
    const isSkipped = isAsked && !message.isKeepable;
    if (!before) return { message, id: newId(), position: position++, isKept: false, memory, isSkipped };
    const { id, digest, isFinal, isForgotten } = before;
    const isKept = isForgotten || (digest === message.digest && (isFinal || !message.isFinal));
    const place = { message, id, position: before.position, before, isKept };
    return isKept ? { ...place, memory: null, isSkipped: false } : { ...place, memory, isSkipped };
  });
}

function memoryOf(
  { isFinal, isKeepable }: PreparedMessage,
  before: KnownMessage | undefined,
  isAsked: boolean,
): Planned['memory'] {
  if (!before?.lineageId) return isAsked && isKeepable ? 'create' : null;
  if (!isFinal) return null;
  return isKeepable ? 'correct' : 'retract';
}
