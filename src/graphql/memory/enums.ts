import { builder } from '../core/builder.ts';

export const MemoryTypeEnum = builder.enumType('MemoryType', {
  description: 'What kind of statement a memory is. It sets how fast its importance fades.',
  values: {
    FACT: { description: 'Something that is so. Half-life of importance by default: 180 days.' },
    EXPERIENCE: { description: 'Something that happened; it may repeat. Half-life by default: 30 days.' },
    PREFERENCE: { description: 'What somebody likes or wants. Half-life by default: 120 days.' },
    INSTRUCTION: { description: 'What the companion is to do. By default it never fades.' },
    REFLECTION: { description: 'A conclusion the companion drew. Half-life by default: 60 days.' },
  },
});

export const MemoryStatusEnum = builder.enumType('MemoryStatus', {
  description:
    'What a memory counts for. Exactly one at any point in time: the last that applies of ACTIVE, DISPUTED, UPCOMING, ENDED, ARCHIVED, EXPIRED, RETRACTED, CORRECTED.',
  values: {
    ACTIVE: { description: 'Known and valid.' },
    DISPUTED: { description: 'Known and valid, with an open contradiction.' },
    UPCOMING: { description: 'Known, not valid yet.' },
    ENDED: { description: 'Known, no longer valid.' },
    ARCHIVED: { description: 'Put aside by archiveMemories; restoreMemories brings it back.' },
    EXPIRED: { description: 'Past its expiresAt.' },
    RETRACTED: { description: 'No longer believed, and nothing in its place.' },
    CORRECTED: { description: 'No longer believed: another version is, in its place.' },
  },
});

export const MemoryOrderFieldEnum = builder.enumType('MemoryOrderField', {
  description: 'What a list of memories is ordered by; ties are broken by the key.',
  values: {
    RECORDED_AT: { description: 'When this service learned it.' },
    VALID_FROM: { description: 'When it became true in the world.' },
    IMPORTANCE: { description: 'Importance, decayed to the point in time of the reading.' },
    CONFIDENCE: { description: 'Confidence.' },
  },
});

export const OrderDirectionEnum = builder.enumType('OrderDirection', {
  description: 'Which end of an order comes first.',
  values: { ASC: { description: 'Lowest or earliest first.' }, DESC: { description: 'Highest or latest first.' } },
});
