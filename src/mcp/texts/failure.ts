import type { OperationError } from '../../client/operation-error.ts';
import type { ContradictionFields, MemoryFields, RelationFields } from '../../client/operations/types.ts';
import { contradictionLines, memoryLine, relationLine, section } from './lines.ts';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const listOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** What models read of a failure: its code, what is wrong, and what to act on. */
export function failureText({ code, message, details }: Pick<OperationError, 'code' | 'message' | 'details'>): string {
  const { ids, retryAfterSeconds } = details;
  return [
    `${code}: ${message}`,
    ...listOf(details.issues).map(({ path, message: says }) => `- ${placeOf(path)}${says}`),
    ...(Array.isArray(ids) && ids.length > 0 ? [`Ids: ${ids.join(', ')}`] : []),
    ...(typeof retryAfterSeconds === 'number' ? [`Try again after ${retryAfterSeconds} s.`] : []),
    ...currentLines(details.current),
    ...section(
      'The relation there is',
      isObject(details.relation) ? [relationLine(details.relation as never as RelationFields)] : [],
    ),
    ...section(
      'The circle',
      listOf(details.memories).map((memory) => memoryLine(memory as never as MemoryFields)),
    ),
  ].join('\n');
}

/** `memories.0.content: `, without the `input` that is GraphQL's. */
function placeOf(path: unknown): string {
  const steps = Array.isArray(path) ? path.map(String).filter((step, index) => index > 0 || step !== 'input') : [];
  return steps.length > 0 ? `${steps.join('.')}: ` : '';
}

/** What is there now: a memory, a contradiction or a working memory. */
function currentLines(current: unknown): string[] {
  if (!isObject(current)) return [];
  if ('by' in current) return section('There is', [contradictionLines(current as never as ContradictionFields)]);
  if ('validFrom' in current) return section('Now', [memoryLine(current as never as MemoryFields)]);
  return 'version' in current ? [`Now version ${current.version}:`, String(current.content)] : [];
}
