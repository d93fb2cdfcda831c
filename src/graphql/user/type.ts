import { countUsers, existingUsers, findUser, USER_ORDER, userPage } from '../../domain/user/users.ts';
import { parseInput } from '../../kernel/input.ts';
import { readWindow } from '../../model/paging/window.ts';
import { userRef } from '../../model/user/ref.ts';
import { builder } from '../core/builder.ts';
import { toConnection } from '../core/connection.ts';
import { connectionType, pageArgs } from '../core/connection-type.ts';
import { loadNodesOf, Node, type NodeValue, nodeId } from '../core/node.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** A user, by their key: the columns a document asks for are fetched by the Drizzle plugin, once a level. */
export interface UserNode extends NodeValue {
  workspaceId: string;
}

export const toUser = (at: Snapshot, id: string): UserNode =>
  at.one('user', id, () => ({ workspaceId: at.tx.workspaceId, id, at }));

export const UserRefInput = builder.inputType('UserRef', {
  isOneOf: true,
  description: 'Names a user. On a write an unknown externalId is created; on a read it finds nothing.',
  fields: (t) => ({
    id: t.id({ description: 'Their id, `usr_…`.' }),
    externalId: t.string({ description: "The caller's own id for them: 1 to 500 characters." }),
  }),
});

export const User = builder.drizzleObject('users', {
  name: 'User',
  description: 'Somebody whom companions remember about.',
  interfaces: [Node],
  select: { columns: {} },
  fields: (t) => ({
    id: t.id({ description: 'Their id, `usr_…`.', resolve: (user) => nodeId('User', user as never) }),
    externalId: t.exposeString('externalId', { description: "The caller's own id for them, unique in the workspace." }),
    metadata: t.expose('metadata', { type: 'JSONObject', description: "The caller's own notes on them." }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they were first named.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When they were last changed.' }),
  }),
});

const UserConnection = connectionType<UserNode>('User', User as never, { of: 'users' });

loadNodesOf('User', async (snapshot, uuid) => {
  const found = await snapshot.load('user', uuid, (ids) => existingUsers(snapshot.tx, ids));
  return found && toUser(snapshot, uuid);
});

builder.queryFields((t) => ({
  user: t.field({
    type: User,
    nullable: true,
    description: 'One user, or null.',
    args: { by: t.arg({ type: UserRefInput, required: true, description: 'Their id or externalId.' }) },
    resolve: async (_root, { by }, context) => {
      const snapshot = context.at();
      const id = await findUser(snapshot.tx, parseInput(userRef, by, ['by']));
      return (id ? toUser(snapshot, id) : null) as never;
    },
  }),
  users: t.field({
    type: UserConnection,
    description: "The workspace's users, by external id.",
    args: pageArgs,
    resolve: (_root, args, context) => {
      const window = readWindow(args, USER_ORDER);
      const snapshot = context.at();
      return toConnection(snapshot, {
        order: USER_ORDER,
        window,
        page: userPage(snapshot.tx, window),
        toNode: ({ id }) => toUser(snapshot, id),
        count: () => countUsers(snapshot.tx, window.asOf),
      });
    },
  }),
}));
