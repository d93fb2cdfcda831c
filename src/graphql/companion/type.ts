import {
  COMPANION_ORDER,
  companionPage,
  countCompanions,
  existingCompanions,
  findCompanion,
} from '../../domain/companion/companions.ts';
import type { Found } from '../../domain/nested/plan.ts';
import { parseInput } from '../../kernel/input.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import { builder } from '../core/builder.ts';
import { type NodeById, nodesById } from '../core/by-id.ts';
import { connectionType } from '../core/connection-type.ts';
import { defineOneOf, id, key, optional, readAs } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { nested } from '../core/nested.ts';
import { Node, nodeRef } from '../core/node.ts';

const nodes = nodesById('Companion', existingCompanions);
export const { toNode: toCompanion, read: readCompanion } = nodes;

export const CompanionRefInput = readAs(
  defineOneOf(
    'CompanionRef',
    'Names a companion. In a mutation an unknown key creates one; in a query it finds nothing.',
    {
      id: optional(id('Companion'), 'Its id, `cmp_…`.'),
      key: optional(key('key'), "The caller's own name for it"),
    },
  ),
  ({ id, key }): CompanionRef => (id ? { id: id.uuid, given: id.given } : { key: key as string }),
);

export const Companion = nodeRef<NodeById>(
  'Companion',
  builder.drizzleObject('companions', {
    name: 'Companion',
    description: 'An AI that remembers.',
    interfaces: [Node],
    select: { columns: {} },
    fields: (t) => ({
      key: t.exposeString('key', { description: "The caller's own name for it, unique in the workspace." }),
      name: t.exposeString('name', { description: 'Its display name. If none was given: its key.' }),
      description: t.exposeString('description', { nullable: true, description: 'What it is for.' }),
      config: t.expose('config', { type: 'JSONObject', description: "The caller's own settings for it." }),
      isActive: t.exposeBoolean('isActive', {
        description: "A switch for the caller's own use: the service ignores it.",
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
    }),
  }),
  {
    id: 'Its id, `cmp_…`.',
    load: nodes.load,
  },
);

/** How a statement finds it that reads it at once. */
function foundBy(by: object): Found {
  const ref = parseInput(CompanionRefInput.check, by, ['by']);
  return 'id' in ref
    ? { kind: 'companion', by: 'id', value: ref.id }
    : { kind: 'companion', by: 'name', value: ref.key };
}

builder.queryField('companion', (t) =>
  t.field({
    type: Companion,
    nullable: true,
    description: 'One companion. Null if it does not exist.',
    args: { by: t.arg({ type: CompanionRefInput.type, required: true, description: 'Its id or key.' }) },
    ...nested({ find: (context, { by }) => ({ at: context.at(), found: foundBy(by as object) }) }),
    resolve: async (_root, { by }, context) => {
      const snapshot = context.at();
      const found = await findCompanion(snapshot.tx, parseInput(CompanionRefInput.check, by, ['by']));
      return found ? toCompanion(snapshot, found) : null;
    },
  }),
);

defineList('Query', 'companions', {
  type: connectionType('Companion', Companion, { of: 'companions' }),
  description: "The workspace's companions, by key.",
  paging: 'either',
  order: COMPANION_ORDER,
  pages: ({ tx, window }) => ofWorkspace(companionPage(tx, window)),
  counts: ({ tx, window }) => ofWorkspace(countCompanions(tx, window.asOf)),
  toNode: (at, { id }) => toCompanion(at, id),
});
