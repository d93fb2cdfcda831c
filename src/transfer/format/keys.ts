import { v5 } from 'uuid';
import { type NodeType, parseId } from '../../kernel/ids.ts';

const NAMESPACE = '506aac96-4e59-4c83-81e4-3a860ec08bae';

/**
 * The key of the memory that a file calls `id`. A public id (`mem_…`) keeps the key it stands for; any other text is a
 * name, and its key a UUID made from it (version 5). The name alone decides, not the companion: a relation names its
 * ends and nothing else, so that importing needs no list of what it has read. So one name is one memory of a workspace.
 */
export const memoryKey = (id: string): string => keyOf('Memory', id);

/** The same of a message. */
export const messageKey = (id: string): string => keyOf('Message', id);

/** The same of a proposal. */
export const proposalKey = (id: string): string => keyOf('Proposal', id);

function keyOf(type: NodeType, id: string): string {
  const parsed = parseId(id);
  return parsed?.type === type ? parsed.uuid : v5(id, NAMESPACE);
}

/** The key of a memory that has no id, from all that identifies it. */
export const keyOfParts = (...parts: readonly unknown[]): string => v5(JSON.stringify(parts), NAMESPACE);
