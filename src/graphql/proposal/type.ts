import type { GraphQLResolveInfo } from 'graphql';
import {
  countProposals,
  draftOf,
  type EvidenceRow,
  evidenceOf,
  kindOf,
  PROPOSAL_ORDER,
  type ProposalFilter,
  type ProposalRow,
  proposalPage,
  proposalsById,
  statusOf,
} from '../../domain/proposal/list.ts';
import { MOST_QUOTES } from '../../model/proposal/answer.ts';
import type { ProposalKind, ProposalStatus } from '../../tables/proposal.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { loadMessage, Message } from '../conversation/message.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { defineEnum, many, optional, required } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { loadMemory, type MemoryNode } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { UserRefInput } from '../user/type.ts';

/** A proposal as it was read, and the graph it was read from. */
export interface ProposalNode extends ProposalRow, NodeValue {}

const toProposal = (at: Snapshot, row: ProposalRow): ProposalNode => ({ ...row, at });

export async function loadProposal(at: Snapshot, uuid: string): Promise<ProposalNode | undefined> {
  const row = await at.load('proposal', uuid, (ids) => proposalsById(at.tx, ids));
  return row && toProposal(at, row);
}

/** Proposals that a mutation has made or decided, as they are now, but for those erased meanwhile. */
export async function readProposals(context: Context, uuids: readonly string[]): Promise<ProposalNode[]> {
  const found = await Promise.all(uuids.map((uuid) => loadProposal(context.at(), uuid)));
  return found.filter((proposal) => proposal !== undefined);
}

const ProposalKindEnum = defineEnum<ProposalKind>('ProposalKind', 'What is proposed.', {
  MEMORY: 'To remember something new.',
  CORRECTION: 'To correct a memory.',
  RETRACTION: 'To retract a memory, with nothing in its place.',
  RELATION: 'To relate two memories.',
});

const ProposalStatusEnum = defineEnum<ProposalStatus>('ProposalStatus', 'What was decided of a proposal.', {
  OPEN: 'Nothing yet.',
  ACCEPTED: 'It was done.',
  REJECTED: 'It was not done, and is not proposed again in nearly the same words.',
});

interface EvidenceNode extends EvidenceRow {
  at: Snapshot;
}

const memoryAt = async (at: Snapshot, id: string | null, info: GraphQLResolveInfo): Promise<MemoryNode | null> =>
  (id && (await loadMemory(at, id, memoryColumnsAt(info)))) || null;

const Evidence = builder.objectRef<EvidenceNode>('Evidence').implement({
  description: 'Words that a proposal rests on.',
  fields: (t) => ({
    message: t.field({
      type: Message,
      nullable: true,
      description: 'The message that has them.',
      resolve: async ({ at, messageId }, _args, _context, info) =>
        (messageId && (await loadMessage(at, messageId, info))) || null,
    }),
    memory: t.field({
      type: Memory,
      nullable: true,
      description: 'The memory that the message became. Null: it is not remembered.',
      resolve: ({ at, memoryId }, _args, _context, info) => memoryAt(at, memoryId, info),
    }),
    quote: t.string({
      description: 'The words, exactly as the message has them but for white space: 1 to 1,000 characters.',
      resolve: ({ quote }) => quote ?? '',
    }),
  }),
});

export const Proposal = nodeRef<ProposalNode>(
  'Proposal',
  builder.objectRef<ProposalNode>('Proposal').implement({
    description:
      'What a chat model proposes to remember of a conversation: nothing is believed before it is accepted. It is read as it ' +
      'is now, and erased with any message or memory that it quotes, names or takes words from.',
    interfaces: [Node],
    fields: (t) => ({
      kind: t.field({ type: ProposalKindEnum.type, description: 'What is proposed.', resolve: kindOf }),
      status: t.field({ type: ProposalStatusEnum.type, description: 'What was decided.', resolve: statusOf }),
      draft: t.field({
        type: 'JSONObject',
        description:
          'What accepting does. MEMORY: `content`, `type`, `importance` (0–10), `confidence` (0–1), `validFrom` and, where it ' +
          'seems to update or deny a memory, `supersedes` with its `id` and the `reason`. CORRECTION: `id`, `content`, `kind` ' +
          '(MISTAKE or CHANGE), `reason` and `confidence`. RETRACTION: the same without `content`. RELATION: `fromId`, `toId`, ' +
          '`type` and `strength` (0–1).',
        resolve: draftOf,
      }),
      evidence: t.field({
        type: [Evidence],
        description: `The words that it rests on: 1 to ${MOST_QUOTES} quotes.`,
        resolve: async ({ at, id }) => {
          const rows = await at.load('evidence', id, (ids) => evidenceOf(at.tx, ids));
          return (rows ?? []).map((row) => ({ ...row, at }));
        },
      }),
      memory: t.field({
        type: Memory,
        nullable: true,
        description:
          'The memory that it is about, with any status: the version that is to be corrected or retracted, or what a relation ' +
          'begins at; of a MEMORY what it became. Null: a MEMORY that is not accepted.',
        resolve: ({ at, memoryId }, _args, _context, info) => memoryAt(at, memoryId, info),
      }),
      proposedBy: t.exposeString('proposedBy', { description: 'The chat model, as `model:…`.' }),
      proposedAt: t.expose('proposedAt', { type: 'DateTime', description: 'When it was proposed.' }),
      decidedAt: t.expose('decidedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was accepted or rejected. Null: it is open.',
      }),
    }),
  }),
  { id: 'The id of the proposal, `prp_…`.', load: loadProposal },
);

defineList('Query', 'proposals', {
  type: connectionType('Proposal', Proposal, { of: 'proposals' }),
  description: 'What chat models propose to remember, to be decided by decideProposals: the newest first.',
  args: {
    companion: optional(CompanionRefInput, 'Only of conversations of this companion. An unknown companion has none.'),
    user: optional(UserRefInput, 'Only of conversations with this user. An unknown user has none.'),
    statuses: required(many(ProposalStatusEnum), 'Only those of which this was decided.', { default: ['OPEN'] }),
  },
  order: PROPOSAL_ORDER,
  pages: ({ tx, reading, given, window }) => ofWorkspace(proposalPage(tx, reading, given as ProposalFilter, window)),
  counts: ({ tx, reading, given, window }) =>
    ofWorkspace(countProposals(tx, reading, given as ProposalFilter, window.asOf)),
  toNode: toProposal,
});
