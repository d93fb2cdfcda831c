import { builder } from '../core/builder.ts';

export const MemoryTypeEnum = builder.enumType('MemoryType', {
  description: 'The kind of statement of a memory. It decides how fast importance decays.',
  values: {
    FACT: { description: 'Something that is true. Default half-life of importance: 180 days.' },
    EXPERIENCE: { description: 'Something that happened. It may repeat. Default half-life: 30 days.' },
    PREFERENCE: { description: 'What somebody likes or wants. Default half-life: 120 days.' },
    INSTRUCTION: { description: 'What the companion should do. By default it never decays.' },
    REFLECTION: { description: 'A conclusion of the companion. Default half-life: 60 days.' },
  },
});

export const MemoryStatusEnum = builder.enumType('MemoryStatus', {
  description:
    'The status of a memory. It has exactly one at any point in time: the last one that applies of ACTIVE, DISPUTED, UPCOMING, ENDED, ARCHIVED, EXPIRED, RETRACTED, CORRECTED.',
  values: {
    ACTIVE: { description: 'Believed and valid.' },
    DISPUTED: { description: 'Believed and valid, with an open contradiction.' },
    UPCOMING: { description: 'Believed, not valid yet.' },
    ENDED: { description: 'Believed, no longer valid.' },
    ARCHIVED: { description: 'Archived. restoreMemories brings it back.' },
    EXPIRED: { description: 'Its expiresAt has passed.' },
    RETRACTED: { description: 'No longer believed, and nothing replaced it.' },
    CORRECTED: { description: 'No longer believed: another version replaced it.' },
  },
});

export const MemoryOrderFieldEnum = builder.enumType('MemoryOrderField', {
  description: 'The value that a list of memories is ordered by. Equal values are ordered by id.',
  values: {
    RECORDED_AT: { description: 'When this service learned it.' },
    VALID_FROM: { description: 'When it became true in the world.' },
    IMPORTANCE: { description: 'Importance, decayed to the point in time being read.' },
    CONFIDENCE: { description: 'Confidence.' },
  },
});

export const OrderDirectionEnum = builder.enumType('OrderDirection', {
  description: 'Which end of an order comes first.',
  values: { ASC: { description: 'Lowest or earliest first.' }, DESC: { description: 'Highest or latest first.' } },
});
