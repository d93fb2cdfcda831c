import { builder } from '../core/builder.ts';
import { type AccessScope, type Context, type Principal, scopes } from '../core/context.ts';
import { defineEnum } from '../core/input.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** A workspace, by its key: the columns a document asks for are fetched by the Drizzle plugin. */
export const toWorkspace = (at: Snapshot): NodeValue => ({ id: at.tx.workspaceId, at });

export const Workspace = nodeRef<NodeValue>(
  'Workspace',
  builder.drizzleObject('workspaces', {
    name: 'Workspace',
    description: 'A tenant. All data belongs to one workspace, and no workspace can see data of another.',
    interfaces: [Node],
    select: { columns: {} },
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Its name, given by the operator.' }),
    }),
  }),
  {
    id: 'Its id, `wsp_…`.',
    load: async (snapshot, uuid) => (uuid === snapshot.tx.workspaceId ? toWorkspace(snapshot) : undefined),
  },
);

const ScopeEnum = defineEnum<AccessScope>('Scope', 'What a credential may do.', {
  READ: 'Read all data of the workspace.',
  WRITE: 'Change data of the workspace.',
  ADMIN: 'Administer the workspace.',
});

export const Viewer = builder.objectRef<{ principal: Principal; context: Context }>('Viewer').implement({
  description: 'The caller.',
  fields: (t) => ({
    workspace: t.field({
      type: Workspace,
      description: 'The workspace the credential belongs to.',
      resolve: ({ context }) => toWorkspace(context.at()),
    }),
    scopes: t.field({
      type: [ScopeEnum.type],
      description: 'What the credential may do.',
      resolve: ({ principal }) => scopes.filter((scope) => principal.scopes.has(scope)),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    description: 'The caller, and what the caller may do.',
    resolve: (_root, _args, context) => ({ principal: context.principal, context }),
  }),
);
