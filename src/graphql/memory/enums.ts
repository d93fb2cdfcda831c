import type { Detect } from '../../domain/finding/written.ts';
import type { MemoryOrder } from '../../domain/memory/list.ts';
import type { MemoryStatus } from '../../model/memory/columns.ts';
import type { MemoryType } from '../../tables/memory.ts';
import { defineEnum } from '../core/input.ts';

export const MemoryTypeEnum = defineEnum<MemoryType>(
  'MemoryType',
  'The kind of statement of a memory. It decides how fast importance decays.',
  {
    FACT: 'Something that is true. Default half-life of importance: 180 days.',
    EXPERIENCE: 'Something that happened. It may repeat. Default half-life: 30 days.',
    PREFERENCE: 'What somebody likes or wants. Default half-life: 120 days.',
    INSTRUCTION: 'What the companion should do. By default it never decays.',
    REFLECTION: 'A conclusion of the companion. Default half-life: 60 days.',
  },
);

export const MemoryStatusEnum = defineEnum<MemoryStatus>(
  'MemoryStatus',
  'The status of a memory. It has exactly one at any point in time: the last one that applies of ' +
    'ACTIVE, DISPUTED, UPCOMING, ENDED, ARCHIVED, EXPIRED, RETRACTED, CORRECTED.',
  {
    ACTIVE: 'Believed and valid.',
    DISPUTED: 'Believed and valid, with an open contradiction.',
    UPCOMING: 'Believed, not valid yet.',
    ENDED: 'Believed, no longer valid.',
    ARCHIVED: 'Archived. restoreMemories brings it back.',
    EXPIRED: 'Its expiresAt has passed.',
    RETRACTED: 'No longer believed, and nothing replaced it.',
    CORRECTED: 'No longer believed: another version replaced it.',
  },
);

export const MemoryOrderFieldEnum = defineEnum<MemoryOrder['field']>(
  'MemoryOrderField',
  'The value that a list of memories is ordered by. Equal values are ordered by id.',
  {
    RECORDED_AT: 'When this service learned it.',
    VALID_FROM: 'When it became true in the world.',
    IMPORTANCE: 'Importance, decayed to the point in time being read.',
    CONFIDENCE: 'Confidence.',
  },
);

export const OrderDirectionEnum = defineEnum<MemoryOrder['direction']>(
  'OrderDirection',
  'Which end of an order comes first.',
  {
    ASC: 'Lowest or earliest first.',
    DESC: 'Highest or latest first.',
  },
);

export const DetectEnum = defineEnum<Detect>(
  'Detect',
  'What is done about older memories that a new one seems to repeat, update or deny.',
  {
    OFF: 'Nothing is looked for.',
    SUGGEST: 'What is found is kept as findings, to be judged.',
    OPEN: 'The same, and a contradiction is opened for each NEGATION of at least 0.8, its strength the score.',
  },
);
