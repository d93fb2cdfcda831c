import type { CorrectData } from '../../client/operations/correct.ts';
import type { DisputeData } from '../../client/operations/dispute.ts';
import type { ForgetData } from '../../client/operations/forget.ts';
import type { RememberData } from '../../client/operations/remember.ts';
import type { RetractData } from '../../client/operations/retract.ts';
import type { UpdateWorkingMemoryData } from '../../client/operations/update-working-memory.ts';
import { contradictionLines, counted, findingLines, memoryLine, section } from './lines.ts';

// What models read of the answers of tools that write.

export function rememberText({
  memories,
  duplicates,
  relations,
  contradictions,
  findings,
}: RememberData['createMemories']): string {
  const again = new Map(duplicates.map((duplicate) => [duplicate.index, duplicate]));
  const lines = memories.map((memory, index) => {
    const duplicate = again.get(index);
    if (!duplicate) return memoryLine(memory);
    const { merged, ignored } = duplicate;
    const taken = merged.length > 0 ? `; added: ${merged.join(', ')}` : '';
    const left = ignored.length > 0 ? `; not changed: ${ignored.join(', ')}` : '';
    return memoryLine(memory, memory.content, ` (known before${taken}${left})`);
  });
  return [
    ...section('Remembered', lines),
    ...(relations.length > 0 ? [`Related: ${relations.map(({ id }) => id).join(', ')}`] : []),
    ...section('It contradicts what is known: see dispute', contradictions.map(contradictionLines)),
    ...findingsText(findings),
    ...(memories.length + relations.length === 0 ? ['Nothing was given.'] : []),
  ].join('\n');
}

/** What was noticed, and how it is judged. */
function findingsText(findings: RememberData['createMemories']['findings']): string[] {
  if (findings.length === 0) return [];
  return [
    ...section('Noticed, and nothing is changed yet', findings.map(findingLines)),
    'Judge each by dispute, with finding and verdict: SUCCEEDS (the older was true until the newer), CORRECTS (the older ' +
      'was never true), CONTRADICTS (both cannot be true, and it is not known which is), SAME, or UNRELATED.',
  ];
}

export const correctText = ({ memory, corrected }: CorrectData['correctMemory']): string =>
  ['Now:', memoryLine(memory), `Before: ${corrected.id}, which is ${corrected.status} now.`].join('\n');

export const retractText = ({ memory }: RetractData['retractMemory']): string =>
  [`No longer believed, ${memory.status} now:`, memoryLine(memory)].join('\n');

type Disputed = NonNullable<DisputeData['contradicted' | 'resolved' | 'judged']>;

export const disputeText = (disputed: Disputed): string =>
  'findings' in disputed ? disputed.findings.map(findingLines).join('\n') : contradictionLines(disputed.contradiction);

export const forgetText = ({ forgottenIds }: ForgetData['forgetMemories']): string =>
  [
    `Erased for good: ${counted(forgottenIds.length, 'version', 'versions')}.`,
    ...forgottenIds.map((id) => `- ${id}`),
  ].join('\n');

export const updateWorkingMemoryText = ({
  workingMemory: { id, scope, version },
}: UpdateWorkingMemoryData['updateWorkingMemory']): string =>
  `Version ${version} of the working memory of the ${scope.toLowerCase()} is written [${id}].`;
