import type { Found } from '../../domain/nested/plan.ts';
import { countUsers, existingUsers, findUser, USER_ORDER, userPage } from '../../domain/user/users.ts';
import { parseInput } from '../../kernel/input.ts';
import type { UserRef } from '../../model/user/ref.ts';
import { builder } from '../core/builder.ts';
import { type NodeById, nodesById } from '../core/by-id.ts';
import { connectionType } from '../core/connection-type.ts';
import { defineOneOf, id, key, optional, readAs } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { nested } from '../core/nested.ts';
import { Node, nodeRef } from '../core/node.ts';

const nodes = nodesById('User', existingUsers);
export const { toNode: toUser, read: readUser } = nodes;

export const UserRefInput = readAs(
  defineOneOf(
    'UserRef',
    'Names a user. In a mutation an unknown externalId creates one; in a query it finds nothing.',
    {
      id: optional(id('User'), 'The id of the user, `usr_…`.'),
      externalId: optional(key('externalId'), "The caller's own id for the user"),
    },
  ),
  ({ id, externalId }): UserRef => (id ? { id: id.uuid, given: id.given } : { externalId: externalId as string }),
);

export const User = nodeRef<NodeById>(
  'User',
  builder.drizzleObject('users', {
    name: 'User',
    description: 'A person that memories are about.',
    interfaces: [Node],
    select: { columns: {} },
    fields: (t) => ({
      externalId: t.exposeString('externalId', {
        description: "The caller's own id for the user, unique in the workspace.",
      }),
      metadata: t.expose('metadata', { type: 'JSONObject', description: "The caller's own notes on the user." }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the user was created.' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the user was last changed.' }),
    }),
  }),
  {
    id: 'The id of the user, `usr_…`.',
    load: nodes.load,
  },
);

/** How a statement finds it that reads it at once. */
function foundBy(by: object): Found {
  const ref = parseInput(UserRefInput.check, by, ['by']);
  return 'id' in ref ? { kind: 'user', by: 'id', value: ref.id } : { kind: 'user', by: 'name', value: ref.externalId };
}

builder.queryField('user', (t) =>
  t.field({
    type: User,
    nullable: true,
    description: 'One user. Null if it does not exist.',
    args: { by: t.arg({ type: UserRefInput.type, required: true, description: 'The id or externalId.' }) },
    ...nested({ find: (context, { by }) => ({ at: context.at(), found: foundBy(by as object) }) }),
    resolve: async (_root, { by }, context) => {
      const snapshot = context.at();
      const found = await findUser(snapshot.tx, parseInput(UserRefInput.check, by, ['by']));
      return found ? toUser(snapshot, found) : null;
    },
  }),
);

defineList('Query', 'users', {
  type: connectionType('User', User, { of: 'users' }),
  description: "The workspace's users, by external id.",
  paging: 'either',
  order: USER_ORDER,
  pages: ({ tx, window }) => ofWorkspace(userPage(tx, window)),
  counts: ({ tx, window }) => ofWorkspace(countUsers(tx, window.asOf)),
  toNode: (at, { id }) => toUser(at, id),
});
