import { contradictionsById } from '../../domain/contradiction/list.ts';
import type { EventFilter } from '../../domain/event/list.ts';
import { findingsById } from '../../domain/finding/list.ts';
import { parseInput } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { Contradiction, type ContradictionNode, toContradiction } from '../contradiction/type.ts';
import { builder } from '../core/builder.ts';
import { defineArgs, optional } from '../core/input.ts';
import { addField } from '../core/pothos.ts';
import { Finding, type FindingNode, toFinding } from '../finding/type.ts';
import { LiveSource, liveField } from '../live/source.ts';
import { UserRefInput } from '../user/type.ts';

/** What a dispute can be. */
type DisputeNode = ContradictionNode | FindingNode;

const Dispute = builder.unionType('Dispute', {
  description: 'What is to be decided, or has been: a contradiction, or a finding. Kinds may be added.',
  types: [Contradiction, Finding],
  resolveType: (value: DisputeNode) => ('foundAt' in value ? Finding : Contradiction),
});

const { args, check } = defineArgs({
  companion: optional(
    CompanionRefInput,
    'Only between memories of which one is of this companion. An unknown companion has none yet.',
  ),
  user: optional(UserRefInput, 'Only those where one side is about this user. An unknown user has none yet.'),
});

/** What happens to contradictions, and to findings. */
const kinds = ['CONTRADICTED', 'RESOLVED', 'REOPENED', 'FOUND', 'JUDGED'] as const;

function follow(given: object): LiveSource<DisputeNode> {
  const filter = parseInput(check, given, []) as EventFilter;
  return new LiveSource({
    filter: { ...filter, kinds },
    after: undefined,
    async deliver(context, rows) {
      const at = context.at();
      const found = new Map<string, DisputeNode>();
      const contradictionIds = rows.flatMap(({ contradictionId }) => contradictionId ?? []);
      if (contradictionIds.length > 0) {
        const read = await contradictionsById(at.tx, at.reading, contradictionIds);
        for (const [id, row] of read) found.set(id, toContradiction(at, row));
      }
      const findingIds = rows.flatMap(({ findingId }) => findingId ?? []);
      if (findingIds.length > 0) {
        for (const [id, row] of await findingsById(at.tx, findingIds)) found.set(id, toFinding(at, row));
      }
      return rows.flatMap(({ contradictionId, findingId, position }) => {
        const value = found.get(findingId ?? contradictionId ?? '');
        return value ? [{ value, position, cursor: undefined }] : [];
      });
    },
  });
}

addField('Subscription', 'disputes', {
  type: Dispute,
  description:
    'Contradictions as they are opened, resolved, dismissed and reopened, and findings as they are found and judged, from ' +
    'now on: each as it is when it is delivered. What was found or decided before, or while nobody was subscribed, is in ' +
    '`Query.contradictions` and `Query.findings`.',
  args,
  ...liveField(follow),
});
