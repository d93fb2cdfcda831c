import { defaultFieldResolver } from 'graphql';
import { builder } from './core/builder.ts';
import type { Context } from './core/context.ts';
import './core/scalars.ts';
import './core/node.ts';
import './workspace/type.ts';
import './companion/type.ts';
import './companion/mutations.ts';
import './user/type.ts';
import './user/mutations.ts';
import './memory/type.ts';
import './memory/queries.ts';
import './creation/mutations.ts';
import './memory/mutations.ts';
import './relation/type.ts';
import './relation/mutations.ts';
import './entity/type.ts';
import './entity/queries.ts';
import './mention/fields.ts';
import './entity/mutations.ts';
import './correction/type.ts';
import './correction/mutations.ts';
import './contradiction/type.ts';
import './contradiction/mutations.ts';
import './finding/type.ts';
import './finding/mutations.ts';
import './consolidation/profile.ts';
import './consolidation/mutations.ts';
import './decay/type.ts';
import './decay/mutations.ts';
import './event/type.ts';
import './event/subscription.ts';
import './dispute/subscription.ts';
import './recall/type.ts';
import './recall/queries.ts';
import './graph/queries.ts';
import './embedding/type.ts';
import './conversation/type.ts';
import './conversation/message.ts';
import './conversation/message-lists.ts';
import './conversation/append.ts';
import './conversation/mutations.ts';
import './proposal/type.ts';
import './proposal/mutations.ts';
import './working-memory/type.ts';
import './working-memory/mutations.ts';
import './session/type.ts';
import './session/mutations.ts';
import './context/queries.ts';
import './answer/queries.ts';
import './webhook/type.ts';
import './webhook/mutations.ts';
import './failure/type.ts';
import { scopeNote } from './core/scope-note.ts';

/** The whole schema: every feature adds its types to the builder. */
export const schema = builder.toSchema();

// Every field of Subscription needs the scope READ before anything is followed.
for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
  const { subscribe, description } = field;
  field.description = `${description} ${scopeNote('READ')}`;
  field.extensions = { ...field.extensions, scope: 'READ' };
  field.subscribe = (root, args, context: Context, info) => {
    context.require('READ', info.fieldName);
    return subscribe?.(root, args, context, info);
  };
}

// Every field of Query needs the scope READ, no matter which file defines it. Mutations ask for theirs in
// defineMutation. What a mutation answers beyond that is for plugins/use-scopes.ts.
for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
  const { resolve = defaultFieldResolver, description } = field;
  field.description = `${description} ${scopeNote('READ')}`;
  field.extensions = { ...field.extensions, scope: 'READ' };
  field.resolve = (root, args, context: Context, info) => {
    context.require('READ', info.fieldName);
    return resolve(root, args, context, info);
  };
}
