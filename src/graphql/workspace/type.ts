import { builder } from '../core/builder.ts';
import { type Context, type Principal, scopes } from '../core/context.ts';
import { loadNodesOf, Node, type NodeValue, nodeId } from '../core/node.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** A workspace, by its key: the columns a document asks for are fetched by the Drizzle plugin. */
export const toWorkspace = (at: Snapshot): NodeValue => ({ id: at.tx.workspaceId, at });

export const Workspace = builder.drizzleObject('workspaces', {
  name: 'Workspace',
  description: 'A tenant: everything belongs to one, and nothing of one can be seen from another.',
  interfaces: [Node],
  select: { columns: {} },
  fields: (t) => ({
    id: t.id({ description: 'Its id, `wsp_…`.', resolve: (workspace) => nodeId('Workspace', workspace as never) }),
    name: t.exposeString('name', { description: 'What its operator calls it.' }),
  }),
});

const ScopeEnum = builder.enumType('Scope', {
  description: 'What a credential may do.',
  values: {
    READ: { description: 'Read everything in the workspace.' },
    WRITE: { description: 'Change what is in the workspace.' },
    ADMIN: { description: 'Administer the workspace.' },
  } satisfies Record<(typeof scopes)[number], { description: string }>,
});

export const Viewer = builder.objectRef<{ principal: Principal; context: Context }>('Viewer').implement({
  description: 'Who asks.',
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
    description: 'Who asks, and what they may do.',
    resolve: (_root, _args, context) => ({ principal: context.principal, context }),
  }),
);

loadNodesOf('Workspace', async (snapshot, uuid) =>
  uuid === snapshot.tx.workspaceId ? toWorkspace(snapshot) : undefined,
);
