import {
  COMPANION_ORDER,
  companionPage,
  countCompanions,
  existingCompanions,
  findCompanion,
} from '../../domain/companion/companions.ts';
import { parseInput } from '../../kernel/input.ts';
import { companionRef } from '../../model/companion/ref.ts';
import { readWindow } from '../../model/paging/window.ts';
import { builder } from '../core/builder.ts';
import { toConnection } from '../core/connection.ts';
import { connectionType, pageArgs } from '../core/connection-type.ts';
import { loadNodesOf, Node, type NodeValue, nodeId } from '../core/node.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** A companion, by its key: the columns a document asks for are fetched by the Drizzle plugin, once a level. */
export interface CompanionNode extends NodeValue {
  workspaceId: string;
}

export const toCompanion = (at: Snapshot, id: string): CompanionNode =>
  at.one('companion', id, () => ({ workspaceId: at.tx.workspaceId, id, at }));

export const CompanionRefInput = builder.inputType('CompanionRef', {
  isOneOf: true,
  description: 'Names a companion. On a write an unknown key is created; on a read it finds nothing.',
  fields: (t) => ({
    id: t.id({ description: 'Its id, `cmp_…`.' }),
    key: t.string({ description: "The caller's own name for it: 1 to 500 characters." }),
  }),
});

export const Companion = builder.drizzleObject('companions', {
  name: 'Companion',
  description: 'An AI that remembers.',
  interfaces: [Node],
  select: { columns: {} },
  fields: (t) => ({
    id: t.id({ description: 'Its id, `cmp_…`.', resolve: (companion) => nodeId('Companion', companion as never) }),
    key: t.exposeString('key', { description: "The caller's own name for it, unique in the workspace." }),
    name: t.exposeString('name', { description: 'What people call it; its key, unless stated.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it is for.' }),
    config: t.expose('config', { type: 'JSONObject', description: "The caller's own settings for it." }),
    isActive: t.exposeBoolean('isActive', { description: "The caller's own switch; nothing here depends on it." }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first named.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

const CompanionConnection = connectionType<CompanionNode>('Companion', Companion as never, { of: 'companions' });

loadNodesOf('Companion', async (snapshot, uuid) => {
  const found = await snapshot.load('companion', uuid, (ids) => existingCompanions(snapshot.tx, ids));
  return found && toCompanion(snapshot, uuid);
});

builder.queryFields((t) => ({
  companion: t.field({
    type: Companion,
    nullable: true,
    description: 'One companion, or null.',
    args: { by: t.arg({ type: CompanionRefInput, required: true, description: 'Its id or key.' }) },
    resolve: async (_root, { by }, context) => {
      const snapshot = context.at();
      const id = await findCompanion(snapshot.tx, parseInput(companionRef, by, ['by']));
      return (id ? toCompanion(snapshot, id) : null) as never;
    },
  }),
  companions: t.field({
    type: CompanionConnection,
    description: "The workspace's companions, by key.",
    args: pageArgs,
    resolve: (_root, args, context) => {
      const window = readWindow(args, COMPANION_ORDER);
      const snapshot = context.at();
      return toConnection(snapshot, {
        order: COMPANION_ORDER,
        window,
        page: companionPage(snapshot.tx, window),
        toNode: ({ id }) => toCompanion(snapshot, id),
        count: () => countCompanions(snapshot.tx, window.asOf),
      });
    },
  }),
}));
