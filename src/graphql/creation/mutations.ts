import { MOST_FINDINGS } from '../../domain/finding/detect.ts';
import { detectInWritten, MOST_DETECTED } from '../../domain/finding/written.ts';
import { createBatch } from '../../domain/memory/batch.ts';
import { createMemories } from '../../domain/memory/create.ts';
import type { CreatedMemory } from '../../domain/memory/new-memory.ts';
import { Cycle, EmbeddingDimension, RelationExists } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { Contradiction, readContradiction } from '../contradiction/type.ts';
import { builder, type Types } from '../core/builder.ts';
import { many, optional, required } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { Finding, readFinding } from '../finding/type.ts';
import { NewMemoryInput, newMemoryFields } from '../memory/create-inputs.ts';
import { DetectEnum } from '../memory/enums.ts';
import { readMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { NewRelationInput } from '../relation/mutations.ts';
import { MemoryRelation, readRelation } from '../relation/type.ts';
import { UserRefInput } from '../user/type.ts';

const mergedDescription =
  'The fields of the input that the existing memory took over, at most 6: a summary where it had none, new keys of the context, ' +
  'new entities, an earlier validFrom, another validUntil, a later expiresAt.';
const ignoredDescription =
  'The fields of the input, at most 8, that the existing memory did not take over, because it says something else: see ' +
  'updateMemory and correctMemory. importance and confidence count where they are not the defaults.';

const DuplicateMemory = builder
  .objectRef<{ index: number; memoryId: string; merged: string[]; ignored: string[] }>('DuplicateMemory')
  .implement({
    description: 'A memory of the input that existed already, and what became of what it brought along.',
    fields: (t) => ({
      index: t.exposeInt('index', { description: 'Its place in `memories` of the input, from 0.' }),
      memoryId: t.id({
        description: 'The existing memory, `mem_…`.',
        resolve: ({ memoryId }) => encodeId('Memory', memoryId),
      }),
      merged: t.exposeStringList('merged', { description: mergedDescription }),
      ignored: t.exposeStringList('ignored', { description: ignoredDescription }),
    }),
  });

const detect = optional(
  DetectEnum,
  'Whether older memories are looked for that it seems to contradict, update or repeat. Default: SUGGEST for FACT, ' +
    `PREFERENCE and INSTRUCTION, OFF for EXPERIENCE and REFLECTION. Of a batch the first ${MOST_DETECTED} are compared, and ` +
    'detectFindings compares the others.',
);

/** The findings of what was created; what an earlier version kept of a success lacks them. */
const findingsOf = <Made extends { findingIds?: string[] }>(
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, Made>,
  bound: string,
) =>
  t.field({
    type: [Finding],
    ...forReaders(`What it seems to say of older memories, the likeliest first: ${bound}.`),
    resolve: ({ findingIds }, _args, context) => (findingIds ?? []).map((id) => readFinding(context, id)),
  });

const CreateMemoryPayload = builder
  .objectRef<{
    memoryId: string;
    duplicate: boolean;
    merged?: string[];
    ignored?: string[];
    succeededId: string | null;
    contradictionId: string | null;
    findingIds?: string[];
  }>('CreateMemoryPayload')
  .implement({
    description: 'The memory, new or already there.',
    fields: (t) => ({
      memory: t.field({
        type: Memory,
        description: 'The new memory, or the existing one with the same content.',
        resolve: ({ memoryId }, _args, context, info) => readMemory(context, memoryId, info),
      }),
      duplicate: t.exposeBoolean('duplicate', {
        description:
          'True if the memory existed already: see `merged` and `ignored`. For a credential without READ nothing that ' +
          'was there before is a duplicate: it makes a new memory.',
      }),
      // What version 0.1 kept of a success lacks them.
      merged: t.stringList({
        description: `${mergedDescription} Empty for a new memory.`,
        resolve: ({ merged }) => merged ?? [],
      }),
      ignored: t.stringList({
        description: `${ignoredDescription} Empty for a new memory.`,
        resolve: ({ ignored }) => ignored ?? [],
      }),
      succeeded: t.field({
        type: Memory,
        nullable: true,
        ...forReaders('The memory of the same slot that ended because this one began.'),
        resolve: ({ succeededId }, _args, context, info) =>
          succeededId ? readMemory(context, succeededId, info) : null,
      }),
      contradiction: t.field({
        type: Contradiction,
        nullable: true,
        ...forReaders(
          'The contradiction that it opened, because another content of its slot begins at exactly the same moment.',
        ),
        resolve: ({ contradictionId }, _args, context) =>
          contradictionId ? readContradiction(context, contradictionId) : null,
      }),
      findings: findingsOf(t, `at most ${MOST_FINDINGS}`),
    }),
  });

defineMutation('createMemory', {
  description:
    'Creates a memory. If the companion already has a memory of the same type, user and content that is ACTIVE or ' +
    'DISPUTED at the new `validFrom`, or began later while the new one lasts, that one is returned with ' +
    '`duplicate: true`, and takes over what the new one adds. Extra white space does not matter, nor does case in ' +
    'prose; it does in units, paths, identifiers and what is quoted by backticks. This does not apply to an ' +
    'EXPERIENCE, because an event may repeat. With a `slot` the memory is added to the time line of the slot: the one ' +
    'before ends where it begins, and it ends where the next begins, in any order of arrival. If ' +
    'another content begins at exactly the same moment, a `contradiction` is opened.',
  input: 'A memory to create.',
  fields: {
    companion: required(CompanionRefInput, 'The companion that remembers it. An unknown key creates one.'),
    ...newMemoryFields,
    detect,
  },
  payload: CreateMemoryPayload,
  errors: [EmbeddingDimension],
  embeds: ({ content, embedding }) => [{ content, embedding, path: ['input', 'embedding'] }],
  subjects: ({ memoryId, succeededId, contradictionId, findingIds }) =>
    [memoryId, succeededId, contradictionId, ...(findingIds ?? [])].filter((id) => id !== null),
  run: async (tx, { companion, detect, ...memory }, [embedding]) => {
    const made = await createMemories(tx, companion, [{ ...memory, embedding }], () => ['input']);
    const found = await detectInWritten(tx, [memory], made, detect);
    const [created] = made;
    const { id, duplicate, merged, ignored, succeededId, contradictionId } = created as CreatedMemory;
    return { memoryId: id, duplicate, merged, ignored, succeededId, contradictionId, findingIds: found.flat() };
  },
});

const CreateMemoriesPayload = builder
  .objectRef<{
    memoryIds: string[];
    duplicates?: (typeof DuplicateMemory.$inferType)[];
    duplicateIds: string[];
    relationIds: string[];
    contradictionIds: string[];
    findingIds?: string[];
  }>('CreateMemoriesPayload')
  .implement({
    description: 'What was created, in the order of the input.',
    fields: (t) => ({
      memories: t.field({
        type: [Memory],
        description: 'One for each memory of the input: the new one, or the existing one with the same content.',
        resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((id) => readMemory(context, id, info)),
      }),
      duplicateIds: t.idList({
        description:
          'The ids of the memories that existed already. For a credential without READ: only those that the input ' +
          'itself has twice.',
        resolve: ({ duplicateIds }) => duplicateIds.map((id) => encodeId('Memory', id)),
      }),
      duplicates: t.field({
        type: [DuplicateMemory],
        description: 'One for each memory of the input that existed already, or is there twice: at most 1,000.',
        // What version 0.1 kept of a success lacks them.
        resolve: ({ duplicates }) => duplicates ?? [],
      }),
      relations: t.field({
        type: [MemoryRelation],
        description: 'One for each relation of the input.',
        resolve: ({ relationIds }, _args, context) => relationIds.map((id) => readRelation(context, id)),
      }),
      contradictions: t.field({
        type: [Contradiction],
        ...forReaders('The contradictions that these memories opened in their slots: at most one for each memory.'),
        resolve: ({ contradictionIds }, _args, context) => contradictionIds.map((id) => readContradiction(context, id)),
      }),
      findings: findingsOf(t, `at most ${MOST_FINDINGS} for each memory, in the order of the input`),
    }),
  });

defineMutation('createMemories', {
  description:
    'Creates up to 1,000 memories, and relations among them and to existing memories: all of them or ' +
    'none. Each memory is created as by createMemory.',
  input: 'Memories to create, and relations among them and to existing memories.',
  fields: {
    companion: required(CompanionRefInput, 'The companion that remembers them. An unknown key creates one.'),
    user: optional(UserRefInput, 'The user they are about, if a memory does not name another.'),
    memories: required(
      many(NewMemoryInput),
      'At most 1,000, with 20,000 entities in all. It may be empty, to create only relations.',
    ),
    relations: optional(many(NewRelationInput), 'Relations to create: at most 5,000.'),
    detect,
  },
  payload: CreateMemoriesPayload,
  errors: [RelationExists, Cycle, EmbeddingDimension],
  embeds: ({ memories }) =>
    memories.map(({ content, embedding }, index) => ({
      content,
      embedding,
      path: ['input', 'memories', index, 'embedding'],
    })),
  limit: ({ memories, relations }) => {
    checkCount('memories', bounds.memories, memories.length);
    const entities = memories.reduce((sum, memory) => sum + (memory.entities?.length ?? 0), 0);
    checkCount('entities', bounds.mentions, entities);
    checkCount('relations', bounds.relations, relations?.length ?? 0);
  },
  subjects: ({ memoryIds, relationIds, contradictionIds, findingIds }) => [
    ...memoryIds,
    ...relationIds,
    ...contradictionIds,
    ...(findingIds ?? []),
  ],
  run: async (tx, { memories, detect, ...input }, vectors) => {
    const { created, ...batch } = await createBatch(tx, {
      ...input,
      memories: memories.map((memory, index) => ({ ...memory, embedding: vectors[index] })),
    });
    const found = await detectInWritten(tx, memories, created, detect);
    return { ...batch, findingIds: found.flat() };
  },
});
