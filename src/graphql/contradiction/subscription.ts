import { contradictionsById } from '../../domain/contradiction/list.ts';
import type { EventFilter } from '../../domain/event/list.ts';
import { parseInput } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { defineArgs, optional } from '../core/input.ts';
import { addField } from '../core/pothos.ts';
import { LiveSource, liveField } from '../live/source.ts';
import { UserRefInput } from '../user/type.ts';
import { Contradiction, type ContradictionNode, toContradiction } from './type.ts';

const Dispute = builder.unionType('Dispute', {
  description: 'What is to be decided, or has been: a contradiction. Kinds may be added.',
  types: [Contradiction],
  resolveType: () => Contradiction,
});

const { args, check } = defineArgs({
  companion: optional(
    CompanionRefInput,
    'Only between memories of which one is of this companion. An unknown companion has none yet.',
  ),
  user: optional(UserRefInput, 'Only those where one side is about this user. An unknown user has none yet.'),
});

/** What happens to contradictions. */
const kinds = ['CONTRADICTED', 'RESOLVED', 'REOPENED'] as const;

function follow(given: object): LiveSource<ContradictionNode> {
  const filter = parseInput(check, given, []) as EventFilter;
  return new LiveSource({
    filter: { ...filter, kinds },
    after: undefined,
    async deliver(context, rows) {
      const at = context.at();
      const ids = rows.flatMap(({ contradictionId }) => contradictionId ?? []);
      const found = await contradictionsById(at.tx, at.reading, ids);
      return rows.flatMap(({ contradictionId, position }) => {
        const row = contradictionId && found.get(contradictionId);
        return row ? [{ value: toContradiction(at, row), position, cursor: undefined }] : [];
      });
    },
  });
}

addField('Subscription', 'disputes', {
  type: Dispute,
  description:
    'Contradictions as they are opened, resolved, dismissed and reopened from now on: each as it is when it is delivered. ' +
    'What was decided before, or while nobody was subscribed, is in `Query.contradictions`.',
  args,
  ...liveField(follow),
});
