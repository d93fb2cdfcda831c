import { builder } from '../core/builder.ts';
import { type Context, type Principal, scopes } from '../core/context.ts';
import { loadNodesOf, Node, type NodeValue, nodeId } from '../core/node.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** A workspace, by its key: the columns a document asks for are fetched by the Drizzle plugin. */
export const toWorkspace = (at: Snapshot): NodeValue => ({ id: at.tx.workspaceId, at });

export const Workspace = builder.drizzleObject('workspaces', {
  name: 'Workspace',
  description: 'A tenant. All data belongs to one workspace, and no workspace can see data of another.',
  interfaces: [Node],
  select: { columns: {} },
  fields: (t) => ({
    id: t.id({ description: 'Its id, `wsp_…`.', resolve: (workspace) => nodeId('Workspace', workspace as never) }),
    name: t.exposeString('name', { description: 'Its name, given by the operator.' }),
  }),
});

const ScopeEnum = builder.enumType('Scope', {
  description: 'What a credential may do.',
  values: {
    READ: { description: 'Read all data of the workspace.' },
    WRITE: { description: 'Change data of the workspace.' },
    ADMIN: { description: 'Administer the workspace.' },
  } satisfies Record<(typeof scopes)[number], { description: string }>,
});

export const Viewer = builder.objectRef<{ principal: Principal; context: Context }>('Viewer').implement({
  description: 'The caller.',
  fields: (t) => ({
    workspace: t.field({
      type: Workspace,
      description: 'The workspace the credential belongs to.',
      resolve: ({ context }) => toWorkspace(context.at()) as never,
    }),
    scopes: t.field({
      type: [ScopeEnum],
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

loadNodesOf('Workspace', async (snapshot, uuid) =>
  uuid === snapshot.tx.workspaceId ? toWorkspace(snapshot) : undefined,
);
