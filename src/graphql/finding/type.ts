import { kindOf, verdictOf } from '../../domain/finding/events.ts';
import {
  countFindings,
  countLineageFindings,
  type FindingFilter,
  type FindingRow,
  findingOrder,
  findingPage,
  findingsById,
  findingsOutdating,
  lineageFindingPages,
} from '../../domain/finding/list.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { FindingKind, Verdict } from '../../tables/finding.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { Contradiction, loadContradiction } from '../contradiction/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { defineEnum, flag, many, number, optional, required } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { loadMemory, type MemoryNode } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { UserRefInput } from '../user/type.ts';

/** A finding as it was read, and the graph it was read from. */
export interface FindingNode extends FindingRow, NodeValue {}

export const toFinding = (at: Snapshot, row: FindingRow): FindingNode => ({ ...row, at });

export async function loadFinding(at: Snapshot, uuid: string): Promise<FindingNode | undefined> {
  const row = await at.load('finding', uuid, (ids) => findingsById(at.tx, ids));
  return row && toFinding(at, row);
}

/** A finding that a mutation returns, as it is now. Throws NotFound where it has been forgotten meanwhile. */
export async function readFinding(context: Context, uuid: string): Promise<FindingNode> {
  const finding = await loadFinding(context.at(), uuid);
  if (!finding) throw new NotFound('finding', [encodeId('Finding', uuid)]);
  return finding;
}

/** The open findings that call a version of a memory possibly out of date. */
export async function loadOutdating(at: Snapshot, id: string, lineageId: string): Promise<FindingNode[]> {
  const rows = await at.load('outdating', JSON.stringify([id, lineageId]), async (keys) => {
    const versions = keys.map((key) => {
      const [id, lineageId] = JSON.parse(key) as [string, string];
      return { key, id, lineageId };
    });
    const found = await findingsOutdating(at.tx, at.reading, versions);
    return new Map(versions.map(({ key, id }) => [key, found.get(id) ?? []]));
  });
  return (rows ?? []).map((row) => toFinding(at, row));
}

const FindingKindEnum = defineEnum<FindingKind>('FindingKind', 'What a memory seems to say of an older one.', {
  SAME: 'The same, in nearly the same words.',
  UPDATE: 'What was so has changed: another value, with words of a change.',
  CONFLICT: 'Another value, without words of a change: both cannot be true.',
  NEGATION: 'It denies it, or says that it has ended.',
});

export const VerdictEnum = defineEnum<Verdict>('Verdict', 'What is judged of a finding. It can be judged again.', {
  SUCCEEDS:
    'The older one was true until the newer one begins: their contradiction is resolved as SUCCEEDED. ' +
    'reopenContradiction and DISMISSED undo it.',
  CORRECTS:
    'The older one was never true: their contradiction is resolved as KEEP_BY, which can be undone the same way.',
  CONTRADICTS:
    'They contradict each other, and it is not known which is true: a contradiction is opened, its strength the score.',
  SAME: 'They say the same: the older one is reinforced, the newer one archived. Another verdict restores it.',
  UNRELATED: 'They have nothing to do with each other: this pair is not raised again.',
});

async function sideOf({ at }: FindingNode, id: string, columns: Parameters<typeof loadMemory>[2]): Promise<MemoryNode> {
  const memory = await loadMemory(at, id, columns);
  if (!memory) throw new Error(`a finding without its side ${id}`);
  return memory;
}

export const Finding = nodeRef<FindingNode>(
  'Finding',
  builder.objectRef<FindingNode>('Finding').implement({
    description:
      'What one memory seems to say of an older one: a nomination with its reason, found by rules as it was written, and no ' +
      'judgement. A pair of memories, with all their versions, has at most one. It is read as it is now, and erased with ' +
      'either memory.',
    interfaces: [Node],
    fields: (t) => ({
      kind: t.field({ type: FindingKindEnum.type, description: 'What it seems to say.', resolve: kindOf }),
      memory: t.field({
        type: Memory,
        description: 'The older memory, with any status: the version it was found in.',
        resolve: (finding, _args, _context, info) => sideOf(finding, finding.memoryId, memoryColumnsAt(info)),
      }),
      by: t.field({
        type: Memory,
        description:
          'The newer one that seems to repeat, update or deny it, with any status: the version it was found in.',
        resolve: (finding, _args, _context, info) => sideOf(finding, finding.byId, memoryColumnsAt(info)),
      }),
      score: t.exposeFloat('score', {
        description: 'How sure the rule is that found it, or the chat model that confirmed it: 0.5–1.',
      }),
      reason: t.exposeString('reason', {
        description: 'Why, in words, with the values of both: "home: berlin → lisbon".',
      }),
      memoryText: t.exposeString('memoryText', { description: 'The part of the older memory that it was seen in.' }),
      byText: t.exposeString('byText', { description: 'The part of the newer memory that it was seen in.' }),
      suggestedSlot: t.exposeString('suggestedSlot', {
        nullable: true,
        description: 'The slot of the older memory, which the newer one could have, too. Null: it has none.',
      }),
      foundAt: t.expose('foundAt', { type: 'DateTime', description: 'When it was found.' }),
      verdict: t.field({
        type: VerdictEnum.type,
        nullable: true,
        description: 'What was judged. Null: nothing yet.',
        resolve: verdictOf,
      }),
      judgedAt: t.expose('judgedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was judged last. Null: it was not yet.',
      }),
      judgedBy: t.exposeString('judgedBy', {
        nullable: true,
        description: 'Who judged it, as `MemoryEvent.actor` names them. Null: nobody yet.',
      }),
      confirmedBy: t.exposeString('confirmedBy', {
        nullable: true,
        description:
          'The chat model that confirmed it, as `model:…`: its kind, score and reason are of it. Null: none has.',
      }),
      contradiction: t.field({
        type: Contradiction,
        nullable: true,
        description: 'The contradiction that its verdict opened or resolved. Null: none.',
        resolve: async ({ at, contradictionId }) =>
          (contradictionId && (await loadContradiction(at, contradictionId))) || null,
      }),
    }),
  }),
  { id: 'Its id, `fnd_…`.', load: loadFinding },
);

const FindingConnection = connectionType('Finding', Finding, { of: 'findings' });

defineList('Query', 'findings', {
  type: FindingConnection,
  description:
    'What memories seem to say of older ones, to be judged by judgeFindings: of those that are still believed, the ' +
    'likeliest first. With `judged`, those that were judged, the latest first.',
  args: {
    companion: optional(CompanionRefInput, 'Only between memories of this companion. An unknown companion has none.'),
    user: optional(UserRefInput, 'Only between memories about this user. An unknown user has none.'),
    kinds: optional(many(FindingKindEnum), 'Only findings of these kinds. Default: all.'),
    minScore: optional(number(0, 1), 'Only those of at least this score'),
    judged: required(flag, 'Those that were judged, instead of those that wait for it.', { default: false }),
  },
  order: ({ judged }) => findingOrder(judged),
  pages: ({ tx, reading, given, window }) => ofWorkspace(findingPage(tx, reading, given as FindingFilter, window)),
  counts: ({ tx, reading, given, window }) =>
    ofWorkspace(countFindings(tx, reading, given as FindingFilter, window.asOf)),
  toNode: toFinding,
});

defineList(Memory, 'findings', {
  type: FindingConnection,
  description:
    'Findings that this memory, in any of its versions, is a side of and that wait for a verdict, the likeliest first.',
  order: findingOrder(false),
  key: ({ lineageId }: MemoryNode) => lineageId,
  pages: ({ tx, reading, keys, window }) => lineageFindingPages(tx, reading, keys, window),
  counts: ({ tx, reading, keys, window }) => countLineageFindings(tx, reading, keys, window.asOf),
  toNode: toFinding,
});
