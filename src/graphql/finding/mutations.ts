import { judgeFindings, MAX_JUDGED } from '../../domain/finding/judge.ts';
import { bounds, checkCount } from '../../kernel/input.ts';
import { Contradiction, readContradiction } from '../contradiction/type.ts';
import { builder } from '../core/builder.ts';
import { anyText, ids, optional, required } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { readMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { Finding, readFinding, VerdictEnum } from './type.ts';

type Judged = { findingIds: string[]; memoryIds: string[]; contradictionIds: string[] };

defineMutation('judgeFindings', {
  description:
    'Says what holds of pairs of memories that were found to speak to each other. All of them are judged, or none. A ' +
    'finding that was judged can be judged again: what the earlier verdict did is undone first.',
  input: 'The findings, and the verdict on all of them.',
  fields: {
    ids: required(ids('Finding'), `The findings, \`fnd_…\`: at most ${MAX_JUDGED}, each judged once.`),
    verdict: required(VerdictEnum, 'The verdict.'),
    reason: optional(anyText(bounds.summary), 'The reason, in your own words'),
  },
  limit: ({ ids: given }) => checkCount('ids', MAX_JUDGED, given.length),
  payload: builder.objectRef<Judged>('JudgeFindingsPayload').implement({
    description: 'What was judged, as it is now.',
    fields: (t) => ({
      findings: t.field({
        type: [Finding],
        description: `The findings, each once, in the order given: at most ${MAX_JUDGED}.`,
        resolve: ({ findingIds }, _args, context) => findingIds.map((id) => readFinding(context, id)),
      }),
      memories: t.field({
        type: [Memory],
        description: `Their memories, each once: at most ${2 * MAX_JUDGED}.`,
        resolve: ({ memoryIds }, _args, context, info) => memoryIds.map((id) => readMemory(context, id, info)),
      }),
      contradictions: t.field({
        type: [Contradiction],
        description: `The contradictions that were opened or resolved: at most ${MAX_JUDGED}.`,
        resolve: ({ contradictionIds }, _args, context) => contradictionIds.map((id) => readContradiction(context, id)),
      }),
    }),
  }),
  subjects: ({ memoryIds }) => memoryIds,
  run: (tx, { ids: given, verdict, reason }) => judgeFindings(tx, given, verdict, reason),
});
