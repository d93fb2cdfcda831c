import type { GraphQLResolveInfo } from 'graphql';
import type { Transaction } from '../../db/transaction.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { Context } from './context.ts';
import type { NodeValue } from './node.ts';
import { asksForKeyAlone } from './selection.ts';
import type { Snapshot } from './snapshot.ts';

/** A companion or a user, by its key: the columns a document asks for are fetched by the Drizzle plugin, once a level. */
export interface NodeById extends NodeValue {
  workspaceId: string;
}

/** How nodes of a type are made, `existing` tells which of some ids there are. */
export function nodesById(
  type: 'Companion' | 'User',
  existing: (tx: Transaction, ids: readonly string[]) => Promise<Map<string, true>>,
) {
  const name = type.toLowerCase();

  /** One that is known to exist. */
  const toNode = (at: Snapshot, id: string): NodeById =>
    at.one(name, id, () => ({ workspaceId: at.tx.workspaceId, id, at }));

  /** One that may not exist. */
  async function load(at: Snapshot, id: string): Promise<NodeById | undefined> {
    const found = await at.load(name, id, (ids) => existing(at.tx, ids));
    return found && toNode(at, id);
  }

  /**
   * One that a mutation has made or changed, as it is now; read where the document asks for more than the key. Throws
   * NotFound where it has been deleted meanwhile.
   */
  async function read(context: Context, id: string, info: GraphQLResolveInfo): Promise<NodeById> {
    const at = context.at();
    const found = asksForKeyAlone(info) ? toNode(at, id) : await load(at, id);
    if (!found) throw new NotFound(name, [encodeId(type, id)]);
    return found;
  }

  return { toNode, load, read };
}
