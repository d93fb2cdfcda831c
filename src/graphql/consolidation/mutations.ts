import { MAX_CLUSTER } from '../../domain/consolidation/clusters.ts';
import {
  type Consolidation,
  consolidate,
  DEFAULT_MIN_SIZE,
  MOST_NAMED,
} from '../../domain/consolidation/consolidate.ts';
import { phraseBy } from '../../domain/consolidation/phrase.ts';
import { ChatProviderUnavailable } from '../../kernel/errors.ts';
import type { SummaryMethod } from '../../tables/summary.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { defineEnum, moment, optional, required, whole } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { readMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { UserRefInput } from '../user/type.ts';
import { Profile, readProfile } from './profile.ts';

const ConsolidationMethodEnum = defineEnum<SummaryMethod>('ConsolidationMethod', 'How a summary is made.', {
  EXTRACTIVE:
    'Of the most central sentences of its memories, each with its day and the id of the memory: no model is needed.',
  MODEL: 'A chat model says in its own words what those sentences say. Forgetting one of them erases all that it said.',
});

defineMutation('consolidate', {
  description:
    'Makes summaries of what memories of a companion have in common, and profiles. Memories of one user, or of none, ' +
    'are put together by their vectors and the entities that they share, up to 10,000 of the newest; each topic of enough ' +
    'memories gets a REFLECTION that REFERENCES those it quotes. A summary of which something has changed is made again, as a ' +
    'CHANGE, or ended where too little is left; one that somebody has corrected is left as it is. Memories themselves are ' +
    'not changed, and no REFLECTION is made of reflections. It works in many transactions, each complete in itself: if it ' +
    'is interrupted, call it again. A run after which nothing has changed does nothing.',
  input: 'Which memories to consolidate, and how.',
  fields: {
    companion: required(CompanionRefInput, 'The companion that remembers them. An unknown companion has none.'),
    user: optional(UserRefInput, 'Only memories about this user. Default: those about each user, and about none.'),
    minClusterSize: required(whole(2, MAX_CLUSTER), `How many memories a topic has at least: 2–${MAX_CLUSTER}.`, {
      default: DEFAULT_MIN_SIZE,
    }),
    method: required(ConsolidationMethodEnum, 'How summaries are made.', { default: 'EXTRACTIVE' }),
    until: optional(moment, 'What was recorded later forms no topic yet. Default: now.'),
  },
  payload: builder.objectRef<Consolidation>('ConsolidatePayload').implement({
    description: 'What was looked at, and what was made.',
    fields: (t) => ({
      examined: t.exposeInt('examined', forReaders('How many memories were looked at.')),
      clusterCount: t.exposeInt('clusterCount', forReaders('How many topics there are now.')),
      created: t.field({
        type: [Memory],
        ...forReaders(`The summaries that were made, or made again: at most ${MOST_NAMED}.`),
        resolve: ({ createdIds }, _args, context, info) => createdIds.map((id) => readMemory(context, id, info)),
      }),
      profiles: t.field({
        type: [Profile],
        ...forReaders(`The profiles of what was looked at: at most ${MOST_NAMED}.`),
        resolve: ({ profileIds }, _args, context) => profileIds.map((id) => readProfile(context, id)),
      }),
    }),
  }),
  subjects: ({ createdIds, profileIds }) => [...createdIds, ...profileIds],
  errors: [ChatProviderUnavailable],
  runInBatches: async (tenant, range, { chat }) => {
    const done = await consolidate(tenant, range, range.method === 'MODEL' ? phraseBy(chat) : null);
    return async () => done;
  },
});
