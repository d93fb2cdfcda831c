import { defaultOrder, type MemoryList } from '../../domain/memory/list.ts';
import { CompanionRefInput } from '../companion/type.ts';
import {
  anyNumber,
  defineInput,
  flag,
  id,
  json,
  key,
  many,
  moment,
  optional,
  type ReadOf,
  required,
  search,
} from '../core/input.ts';
import { EntityRefInput } from '../entity/type.ts';
import { UserRefInput } from '../user/type.ts';
import { MemoryOrderFieldEnum, MemoryStatusEnum, MemoryTypeEnum, OrderDirectionEnum } from './enums.ts';

export const DateTimeRangeInput = defineInput('DateTimeRange', 'A span of time. A limit left out is open.', {
  from: optional(moment, 'Its beginning, included.'),
  until: optional(moment, 'Its end, excluded.'),
});

export const MemoryFilterInput = defineInput(
  'MemoryFilter',
  'Which memories to include: those that match every field given.',
  {
    types: optional(many(MemoryTypeEnum), 'Only memories of these types.'),
    statuses: required(
      many(MemoryStatusEnum),
      'Only memories with one of these statuses, at the point in time being read.',
      { default: ['ACTIVE', 'DISPUTED'] },
    ),
    hasUser: optional(flag, 'True: only memories about a user. False: only memories about no user.'),
    minImportance: optional(
      anyNumber,
      'Only memories with at least this importance, 0–10, decayed to the point in time being read.',
    ),
    minConfidence: optional(anyNumber, 'Only memories with at least this confidence, 0–1.'),
    entity: optional(EntityRefInput, 'Only memories that mention this entity, or one merged into it.'),
    slots: optional(many(key('A slot'), { of: 'slots', count: 100 }), 'Only memories of these slots'),
    suspect: optional(
      flag,
      'True: only memories that are suspect (see Memory.suspect). False: only those that are not.',
    ),
    text: optional(
      search,
      'Full-text search in content, summary and names of the entities that are mentioned: words (all must occur, each ' +
        'wherever), "phrases", begin* for how a word begins, -exclusions beside something to look for, or; {bound}. ' +
        'Words are stemmed in the language of ' +
        'TEXT_SEARCH_CONFIG, English by default, and found with accents or without. Paths, addresses, numbers and ' +
        'dates are found whole, by their parts and in other wordings.',
    ),
    validFrom: optional(DateTimeRangeInput, 'Only memories that became true in this span.'),
    recordedAt: optional(DateTimeRangeInput, 'Only memories that were recorded in this span.'),
    conversation: optional(id('Conversation'), 'Only what the messages of this conversation, `cnv_…`, became.'),
    context: optional(
      json,
      'Only memories whose context contains this, e.g. `{speaker: "Maya"}`. Nested objects and lists may be partial.',
    ),
  },
);

const MemoryOrderInput = defineInput('MemoryOrder', 'The order of a list of memories.', {
  field: required(MemoryOrderFieldEnum, 'The value that orders.'),
  direction: required(OrderDirectionEnum, 'Which end comes first.', { default: 'DESC' }),
});

/** The arguments that say which memories a list is of. */
export const memoryListArgs = {
  companion: optional(CompanionRefInput, 'Only those of this companion. An unknown companion has none.'),
  user: optional(UserRefInput, 'Only those about this user. An unknown user has none.'),
  filter: optional(MemoryFilterInput, 'Which memories to include. Default: the ACTIVE and DISPUTED ones.'),
  orderBy: optional(MemoryOrderInput, 'The order. Default: most recently recorded first.'),
};

/** What the arguments ask for, defaults filled in. */
export const memoryListOf = ({
  companion = null,
  user = null,
  filter,
  orderBy,
}: Partial<ReadOf<typeof memoryListArgs>>): MemoryList => ({
  companion,
  user,
  filter: filter ?? { statuses: ['ACTIVE', 'DISPUTED'] },
  order: orderBy ?? defaultOrder,
});
