import { z } from 'zod';
import { builder } from '../builder.ts';
import { companionRef } from '../companion/refs.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { type Edge, readWindow, toConnection } from '../connection.ts';
import { connectionType, forwardArgs } from '../connection-type.ts';
import { InvalidInput } from '../errors.ts';
import { filledText, limits, parseInput } from '../input.ts';
import { MemoryFilterInput, memoryFilter } from '../memory/inputs.ts';
import { Memory, type MemoryNode, toMemory } from '../memory/type.ts';
import { atDescription, PointInTimeInput, snapshotAt } from '../point-type.ts';
import { memoryColumnsAt } from '../selection.ts';
import { userRef } from '../user/refs.ts';
import { UserRefInput } from '../user/type.ts';
import { RECALL_ORDER, recallPage } from './list.ts';

interface RecallEdge extends Edge<MemoryNode> {
  score: number;
}

const RecallConnection = connectionType<MemoryNode, RecallEdge>('Recall', Memory, {
  of: 'memories that recall found, best first',
  totalCount: false,
  extra: (t) => ({
    score: t.exposeFloat('score', { description: 'How well it fits; only good for comparing within one recall.' }),
  }),
});

const RecallInput = builder.inputType('RecallInput', {
  description: 'What is looked for, and where.',
  fields: (t) => ({
    query: t.string({
      description:
        'A question or words, in any order: at most 10,000 characters, not blank. Left out it is INVALID_INPUT.',
    }),
    companion: t.field({ type: CompanionRefInput, required: true, description: 'Whose memories; unknown: none.' }),
    user: t.field({ type: UserRefInput, description: 'About this user alone; unknown: none.' }),
    filter: t.field({ type: MemoryFilterInput, description: 'Which of them. Default: the ACTIVE and DISPUTED ones.' }),
  }),
});

const recallInput = z.object({
  query: filledText('query', limits.query).nullish(),
  companion: companionRef,
  user: userRef.nullish(),
  filter: memoryFilter.nullish(),
});

builder.queryField('recall', (t) =>
  t.field({
    type: RecallConnection,
    description: 'The memories that fit a question best: full text of content and summary, stemmed as English.',
    args: {
      input: t.arg({ type: RecallInput, required: true, description: 'What is looked for, and where.' }),
      at: t.arg({ type: PointInTimeInput, description: atDescription }),
      ...forwardArgs,
    },
    resolve: async (_root, { input, at, ...page }, context, info) => {
      const { query, companion, user, filter } = parseInput(recallInput, input, ['input']);
      if (query == null) {
        throw new InvalidInput([{ path: ['input', 'query'], message: 'Say what is looked for.' }]);
      }
      const window = readWindow(page, RECALL_ORDER);
      const snapshot = snapshotAt(context, at, undefined, window);
      const found = await recallPage(
        snapshot.scope,
        snapshot.reading,
        { query, companion, user: user ?? null, filter: filter ?? { statuses: ['ACTIVE', 'DISPUTED'] } },
        window,
        memoryColumnsAt(info, ['nodes'], ['edges', 'node']),
      );
      const connection = await toConnection(snapshot, {
        order: RECALL_ORDER,
        window,
        page: Promise.resolve(found),
        toNode: ({ memory }) => toMemory(snapshot, memory),
        count: () => Promise.reject(new Error('recall is not counted')),
      });
      return {
        ...connection,
        edges: connection.edges.map((edge, index) => ({ ...edge, score: found.items[index]?.row.score as number })),
      };
    },
  }),
);
