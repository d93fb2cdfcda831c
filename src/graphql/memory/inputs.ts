import { z } from 'zod';
import { defaultOrder, type MemoryList, memoryOrderFields } from '../../domain/memory/list.ts';
import { bounds, freeText, jsonObject, keyText, momentInput } from '../../kernel/input.ts';
import { companionRef } from '../../model/companion/ref.ts';
import { entityRef } from '../../model/entity/ref.ts';
import { memoryStatuses } from '../../model/memory/columns.ts';
import { userRef } from '../../model/user/ref.ts';
import { memoryType } from '../../tables/all.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { EntityRefInput } from '../entity/type.ts';
import { UserRefInput } from '../user/type.ts';
import { MemoryOrderFieldEnum, MemoryStatusEnum, MemoryTypeEnum, OrderDirectionEnum } from './enums.ts';

const DateTimeRangeInput = builder.inputType('DateTimeRange', {
  description: 'A span of time. A limit left out is open.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'Its beginning, included.' }),
    until: t.field({ type: 'DateTime', description: 'Its end, excluded.' }),
  }),
});

export const MemoryFilterInput = builder.inputType('MemoryFilter', {
  description: 'Which memories to include: those that match every field given.',
  fields: (t) => ({
    types: t.field({ type: [MemoryTypeEnum], description: 'Only memories of these types.' }),
    statuses: t.field({
      type: [MemoryStatusEnum],
      required: true,
      defaultValue: ['ACTIVE', 'DISPUTED'],
      description: 'Only memories with one of these statuses, at the point in time being read.',
    }),
    hasUser: t.boolean({ description: 'True: only memories about a user. False: only memories about no user.' }),
    minImportance: t.float({
      description: 'Only memories with at least this importance, 0–10, decayed to the point in time being read.',
    }),
    minConfidence: t.float({ description: 'Only memories with at least this confidence, 0–1.' }),
    entity: t.field({
      type: EntityRefInput,
      description: 'Only memories that mention this entity, or one merged into it.',
    }),
    slots: t.stringList({ description: 'Only memories of these slots. At most 100.' }),
    suspect: t.boolean({
      description: 'True: only memories that are suspect (see Memory.suspect). False: only those that are not.',
    }),
    text: t.string({
      description:
        'Full-text search in content and summary: words (all must occur), "phrases", -exclusions, or. Words are stemmed in the language of TEXT_SEARCH_CONFIG, English by default. At most 10,000 characters.',
    }),
    validFrom: t.field({ type: DateTimeRangeInput, description: 'Only memories that became true in this span.' }),
    recordedAt: t.field({ type: DateTimeRangeInput, description: 'Only memories that were recorded in this span.' }),
    context: t.field({
      type: 'JSONObject',
      description:
        'Only memories whose context contains this, e.g. `{speaker: "Maya"}`. Nested objects and lists may be partial.',
    }),
  }),
});

export const MemoryOrderInput = builder.inputType('MemoryOrder', {
  description: 'The order of a list of memories.',
  fields: (t) => ({
    field: t.field({ type: MemoryOrderFieldEnum, required: true, description: 'The value that orders.' }),
    direction: t.field({
      type: OrderDirectionEnum,
      required: true,
      defaultValue: 'DESC',
      description: 'Which end comes first.',
    }),
  }),
});

/** The arguments that say which memories a list is of. */
export const memoryListArgs = builder.args((t) => ({
  companion: t.field({
    type: CompanionRefInput,
    description: 'Only those of this companion. An unknown companion has none.',
  }),
  user: t.field({ type: UserRefInput, description: 'Only those about this user. An unknown user has none.' }),
  filter: t.field({
    type: MemoryFilterInput,
    description: 'Which memories to include. Default: the ACTIVE and DISPUTED ones.',
  }),
  orderBy: t.field({ type: MemoryOrderInput, description: 'The order. Default: most recently recorded first.' }),
}));

const range = z.object({ from: momentInput.nullish(), until: momentInput.nullish() });

/** Reads the input type MemoryFilter. */
export const memoryFilter = z.object({
  types: z.array(z.enum(memoryType.enumValues)).nullish(),
  statuses: z.array(z.enum(memoryStatuses)).default(['ACTIVE', 'DISPUTED']),
  hasUser: z.boolean().nullish(),
  minImportance: z.number().nullish(),
  minConfidence: z.number().nullish(),
  entity: entityRef.nullish(),
  slots: z.array(keyText('A slot')).max(100, 'At most 100 slots are allowed.').nullish(),
  suspect: z.boolean().nullish(),
  text: freeText(bounds.query).nullish(),
  validFrom: range.nullish(),
  recordedAt: range.nullish(),
  context: jsonObject.nullish(),
});

/** Reads the arguments that say which memories a list is of. */
export const memoryList = z
  .object({
    companion: companionRef.nullish(),
    user: userRef.nullish(),
    filter: memoryFilter.nullish(),
    orderBy: z.object({ field: z.enum(memoryOrderFields), direction: z.enum(['ASC', 'DESC']) }).nullish(),
  })
  .transform(
    ({ companion, user, filter, orderBy }): MemoryList => ({
      companion: companion ?? null,
      user: user ?? null,
      filter: filter ?? { statuses: ['ACTIVE', 'DISPUTED'] },
      order: orderBy ?? defaultOrder,
    }),
  );
