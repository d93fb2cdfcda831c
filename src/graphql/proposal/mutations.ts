import { MOST_FINDINGS } from '../../domain/finding/detect.ts';
import { type Decided, decideProposals, MAX_DECIDED } from '../../domain/proposal/decide.ts';
import {
  type AcceptProposals,
  CONFIDENT,
  type Extracted,
  extractMemories,
  MOST_QUESTIONS,
  MOST_READ,
} from '../../domain/proposal/extract.ts';
import { ChatProviderUnavailable } from '../../kernel/errors.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { MOST_PROPOSED } from '../../model/proposal/answer.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder, type Types } from '../core/builder.ts';
import { ConversationRefInput } from '../core/conversation-ref.ts';
import { anyText, defineEnum, id, ids, optional, required } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { Finding, readFinding } from '../finding/type.ts';
import { readMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { Proposal, readProposals } from './type.ts';

const AcceptProposalsEnum = defineEnum<AcceptProposals>(
  'AcceptProposals',
  'What is accepted at once of what a chat model proposes.',
  {
    NONE: 'Nothing: all stay OPEN until decideProposals.',
    CONFIDENT:
      `New memories of which the model is sure (at least ${CONFIDENT}), whose quotes are all of messages of the USER, and that ` +
      'seem to repeat, update or deny nothing that is remembered.',
    ALL: 'Everything that can be done. What cannot stays OPEN.',
  },
);

/** How many proposals one extraction makes at most. */
const MOST_MADE = MOST_QUESTIONS * MOST_PROPOSED;

/** The memories and proposals of an outcome. */
const outcomeFields = <Made extends { proposalIds: string[]; memoryIds: string[] }>(
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, Made>,
  most: number,
  which: string,
) => ({
  proposals: t.field({
    type: [Proposal],
    ...forReaders(`${which}, as they are now: at most ${most}. Those erased meanwhile are left out.`),
    resolve: ({ proposalIds }, _args, context) => readProposals(context, proposalIds),
  }),
  memories: t.field({
    type: [Memory],
    ...forReaders(
      'The memories that accepting made, or that it retracted or related; of a correction the new version: each once, at ' +
        `most ${2 * most}.`,
    ),
    resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((uuid) => readMemory(context, uuid, info)),
  }),
});

defineMutation('extractMemories', {
  description:
    'Reads a conversation on with the chat model of the service, from where it was read last, and stores what that proposes to ' +
    `remember, with quotes. At most ${MOST_READ} messages; call it again until \`readCount\` is 0. What a context has put ` +
    'into the messages, and what is remembered or was proposed already, is not proposed again. Where the model does not ' +
    'answer, nothing counts as read. Costs tokens of the day.',
  input: 'The conversation to read.',
  fields: {
    companion: optional(CompanionRefInput, 'The companion whose conversation it is: needed with an externalId.'),
    conversation: required(ConversationRefInput, 'Which conversation. An unknown one is NOT_FOUND.'),
    sinceId: optional(
      id('Message'),
      'The messages behind this one are read, `msg_…`, also those read before. Default: those that were not read.',
    ),
    accept: required(AcceptProposalsEnum, 'What is accepted at once.', { default: 'NONE' }),
  },
  payload: builder.objectRef<Extracted>('ExtractMemoriesPayload').implement({
    description: 'What was read, and what is proposed.',
    fields: (t) => ({
      ...outcomeFields(t, MOST_MADE, 'What is proposed'),
      readCount: t.exposeInt('readCount', forReaders('How many messages were read. 0: there are none to be read.')),
    }),
  }),
  errors: [ChatProviderUnavailable],
  subjects: ({ memoryIds, findingIds }) => [...memoryIds, ...findingIds],
  runInBatches: async (tenant, { sinceId, accept, ...of }, { chat, embeddings }) => {
    const extracted = await extractMemories({ tenant, chat, embeddings }, { ...of, sinceId: sinceId ?? null, accept });
    if (extracted.memoryIds.length > 0) embeddings.events.emit('pending');
    return async () => extracted;
  },
});

defineMutation('decideProposals', {
  description:
    'Accepts proposals, which does what they say, and rejects others: all of them, or none. One that was decided so already ' +
    'stays so; one that was decided otherwise, or whose memory has been corrected meanwhile, is INVALID_INPUT.',
  input: `The proposals to accept and to reject: at most ${MAX_DECIDED} together.`,
  fields: {
    acceptIds: optional(ids('Proposal'), `Those to accept, \`prp_…\`: at most ${MAX_DECIDED}. Default: none.`),
    rejectIds: optional(ids('Proposal'), `Those to reject, \`prp_…\`: at most ${MAX_DECIDED}. Default: none.`),
    note: optional(anyText(bounds.summary), 'The reason, in your own words'),
  },
  payload: builder.objectRef<Decided>('DecideProposalsPayload').implement({
    description: 'What was decided, and what came of it.',
    fields: (t) => ({
      ...outcomeFields(t, MAX_DECIDED, 'The proposals, each once'),
      findings: t.field({
        type: [Finding],
        ...forReaders(
          `What the new memories seem to say of older ones: at most ${MOST_FINDINGS} for each. judgeFindings settles them.`,
        ),
        resolve: ({ findingIds }, _args, context) => findingIds.map((uuid) => readFinding(context, uuid)),
      }),
    }),
  }),
  limit: ({ acceptIds, rejectIds }) =>
    checkCount('Proposals', MAX_DECIDED, (acceptIds?.length ?? 0) + (rejectIds?.length ?? 0)),
  leavesPending: ({ acceptIds }) => (acceptIds?.length ?? 0) > 0,
  subjects: ({ memoryIds, findingIds }) => [...memoryIds, ...findingIds],
  run: (tx, { acceptIds, rejectIds, note }) =>
    decideProposals(tx, { acceptIds: acceptIds ?? [], rejectIds: rejectIds ?? [], note: note ?? null }),
});
