import {
  AlreadyCorrected,
  AlreadyResolved,
  ChatProviderUnavailable,
  Conflict,
  Cycle,
  type DomainError,
  EmbeddingDimension,
  type errorCodes,
  Forbidden,
  IdempotencyConflict,
  InvalidInput,
  LimitExceeded,
  NotFound,
  RelationExists,
} from '../../kernel/errors.ts';
import { Contradiction, readContradiction } from '../contradiction/type.ts';
import { builder } from '../core/builder.ts';
import { defineEnum } from '../core/input.ts';
import { Node, readNode } from '../core/node.ts';
import { forReaders } from '../core/scope-note.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import { loadMemory, readMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { MemoryRelation, readRelation } from '../relation/type.ts';

const ErrorCodeEnum = defineEnum<(typeof errorCodes)[number]>('ErrorCode', 'What went wrong, for programs.', {
  INVALID_INPUT: 'Something in the input is not allowed: the message and `issues` say what is allowed.',
  NOT_FOUND: 'An id names something that does not exist, or no longer exists.',
  ALREADY_CORRECTED: 'Another version is believed now: correct that one.',
  ALREADY_RESOLVED: 'The contradiction is resolved already: reopen it first.',
  RELATION_EXISTS: 'The two memories already have a relation of this type.',
  CYCLE: 'The relation would make something its own cause.',
  IDEMPOTENCY_CONFLICT: 'The idempotencyKey was used for another input: use a new one.',
  CONFLICT: 'What was expected is not what is there: read `current`, and decide again.',
  EMBEDDING_UNAVAILABLE: 'The embedding provider cannot be reached.',
  EMBEDDING_DIMENSION: "The vector does not have the dimension of the service's model.",
  CHAT_PROVIDER_UNAVAILABLE: 'This needs a chat model, and none answers now: try again later.',
  LIMIT_EXCEEDED: 'More than is allowed: the message says how much is allowed.',
  FORBIDDEN: 'The credential does not have the scope this needs, or is restricted to companions or users.',
  UNAUTHENTICATED: 'The credential is missing, unknown, expired or revoked.',
  RATE_LIMITED: 'More requests than the credential may send: try again after the number of seconds in Retry-After.',
  UNAVAILABLE: 'The service cannot answer now: try again after the number of seconds in Retry-After.',
});

const ErrorInterface = builder.interfaceRef<DomainError>('Error').implement({
  description: 'An expected failure of a mutation: nothing was changed.',
  fields: (t) => ({
    message: t.exposeString('message', {
      description: 'A sentence that says what was wrong, what is allowed, and what to do.',
    }),
    code: t.expose('code', { type: ErrorCodeEnum.type, description: 'The kind of failure, for programs.' }),
  }),
});

const InputIssue = builder.objectRef<InvalidInput['issues'][number]>('InputIssue').implement({
  description: 'What is wrong with one field of the input.',
  fields: (t) => ({
    path: t.stringList({
      description: 'The path to the field, e.g. `["input", "memories", "3", "content"]`.',
      resolve: ({ path }) => path.map(String),
    }),
    message: t.exposeString('message', { description: 'What is wrong with it, and what is allowed.' }),
  }),
});

builder.objectType(InvalidInput, {
  name: 'InvalidInputError',
  description: 'Something in the input is not allowed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    issues: t.field({
      type: [InputIssue],
      description: 'All problems found.',
      resolve: ({ issues }) => [...issues],
    }),
  }),
});

builder.objectType(NotFound, {
  name: 'NotFoundError',
  description: 'An id names something that does not exist in this workspace, or no longer exists.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ids: t.idList({ description: 'The ids that do not exist, as they were given.', resolve: ({ ids }) => [...ids] }),
  }),
});

builder.objectType(Forbidden, {
  name: 'ForbiddenError',
  description: 'The credential does not have the scope this needs, or is restricted to companions or users.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    requiredScope: t.exposeString('requiredScope', {
      description:
        'The scope that is needed. `UNRESTRICTED`: the scopes would do, but the credential is restricted to ' +
        'companions or users, and may not do this.',
    }),
  }),
});

builder.objectType(IdempotencyConflict, {
  name: 'IdempotencyConflictError',
  description: 'The idempotencyKey was used within the last 7 days for another input or mutation.',
  interfaces: [ErrorInterface],
});

builder.objectType(Conflict, {
  name: 'ConflictError',
  description: 'What was expected is not what is there: somebody else has changed it.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    current: t.field({
      type: Node,
      nullable: true,
      ...forReaders('What is there now: a WorkingMemory, or what the mutation says. Null: nothing is.'),
      resolve: ({ current }, _args, context, info) => (current ? readNode(context, current, info) : null),
    }),
  }),
});

builder.objectType(ChatProviderUnavailable, {
  name: 'ChatProviderUnavailableError',
  description: 'It needs a chat model, and none is configured, or none answers now: try again later.',
  interfaces: [ErrorInterface],
});

builder.objectType(LimitExceeded, {
  name: 'LimitExceededError',
  description: 'More was given than is allowed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    limit: t.exposeInt('limit', { description: 'How much is allowed.' }),
    given: t.exposeInt('given', { description: 'How much was given.' }),
  }),
});

builder.objectType(EmbeddingDimension, {
  name: 'EmbeddingDimensionError',
  description: 'A vector does not have the dimension of the service’s model.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    expected: t.exposeInt('expected', { description: 'How many numbers the vector must have.' }),
    given: t.exposeInt('given', { description: 'How many numbers the vector has.' }),
  }),
});

builder.objectType(RelationExists, {
  name: 'RelationExistsError',
  description: 'The two memories already have a relation of this type.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    relation: t.field({
      type: MemoryRelation,
      ...forReaders('The existing relation.'),
      resolve: ({ relationId }, _args, context) => readRelation(context, relationId),
    }),
    contradiction: t.field({
      type: Contradiction,
      nullable: true,
      ...forReaders('The contradiction that the relation belongs to. Null if the relation is not a CONTRADICTS.'),
      resolve: ({ contradictionId }, _args, context) =>
        contradictionId ? readContradiction(context, contradictionId) : null,
    }),
  }),
});

builder.objectType(Cycle, {
  name: 'CycleError',
  description: 'A CAUSES relation would make something its own cause.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    memories: t.field({
      type: [Memory],
      ...forReaders('The circle that would close, in order. Memories that this input would have created are left out.'),
      resolve: async ({ memoryIds }, _args, context, info) => {
        const columns = memoryColumnsAt(info);
        const memories = await Promise.all(memoryIds.map((id) => loadMemory(context.at(), id, columns)));
        return memories.filter((memory) => memory !== undefined);
      },
    }),
  }),
});

builder.objectType(AlreadyCorrected, {
  name: 'AlreadyCorrectedError',
  description: 'The version is no longer believed, or another version is valid at the moment given.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    current: t.field({
      type: Memory,
      ...forReaders('The version that is valid, or else the last one believed: correct that one.'),
      resolve: ({ currentId }, _args, context, info) => readMemory(context, currentId, info),
    }),
  }),
});

builder.objectType(AlreadyResolved, {
  name: 'AlreadyResolvedError',
  description: 'The contradiction is not open.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    contradiction: t.field({
      type: Contradiction,
      ...forReaders('The contradiction, with its resolution.'),
      resolve: ({ contradictionId }, _args, context) => readContradiction(context, contradictionId),
    }),
  }),
});
