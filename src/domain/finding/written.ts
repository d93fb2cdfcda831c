import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { type MemoryType, memories } from '../../tables/memory.ts';
import type { CreatedMemory, NewMemory } from '../memory/new-memory.ts';
import { MOST_COMPARED } from './contents.ts';
import { detectFindings } from './detect.ts';
import { openFindings } from './judge.ts';

/** What is done about older memories that a new one seems to repeat, update or deny. */
export type Detect = 'OFF' | 'SUGGEST' | 'OPEN';

/** Of these an event may repeat, or they say what others say: nothing is looked for unless the caller asks for it. */
const QUIET = new Set<MemoryType>(['EXPERIENCE', 'REFLECTION']);

/**
 * How many memories of one mutation are compared with older ones, the first of them: each takes about as long as its writing
 * does, and none may keep a batch from being written. A sweep finds what the others say.
 */
export const MOST_DETECTED = 100;

const speakerOf = ({ speaker }: Record<string, unknown>): string | null =>
  typeof speaker === 'string' ? speaker : null;

/**
 * Looks for what memories of this transaction seem to say of older ones, and returns the keys of what it found for
 * each, by its place, the likeliest first. With OPEN a contradiction is opened for each NEGATION that is sure, and later for
 * what a chat model confirms.
 */
export async function detectInWritten(
  tx: WriteTransaction,
  wanted: readonly Pick<NewMemory, 'type'>[],
  created: readonly CreatedMemory[],
  detect: Detect | null | undefined,
): Promise<string[][]> {
  // Who may not read gets no findings, so that nothing is looked for: a sweep finds it.
  if (tx.isBlind) return created.map(() => []);
  const asked = created.flatMap(({ row }, index) => {
    const isQuiet = QUIET.has((wanted[index] as Pick<NewMemory, 'type'>).type);
    return row && (detect ?? (isQuiet ? 'OFF' : 'SUGGEST')) !== 'OFF'
      ? [{ ...row, speaker: speakerOf(row.context) }]
      : [];
  });
  asked.splice(MOST_DETECTED);
  if (asked.length === 0) return created.map(() => []);
  const stamp = await tx.stamp();
  const found = await detectFindings(tx, asked, { isWrite: true, opens: detect === 'OPEN', at: stamp });
  const findingIds = created.map(({ row }) => (row && found.get(row.id)) ?? []);
  if (detect === 'OPEN') await openFindings(tx, findingIds.flat());
  return findingIds;
}

const m = under(memories, 'm');
const stored = fields({
  ...pick(
    m,
    'id',
    'lineageId',
    'companionId',
    'userId',
    'content',
    'type',
    'slot',
    'validFrom',
    'validUntil',
    'recordedAt',
  ),
  speaker: sql<string | null>`${m.context} ->> 'speaker'`,
});

/**
 * The same for versions that this transaction has written otherwise, by their keys: those of corrections, and what messages
 * became; of many the first {@link MOST_DETECTED}. Returns the keys of what it found, memory by memory.
 */
export async function detectInVersions(
  tx: WriteTransaction,
  ids: readonly string[],
  detect: Detect | null | undefined,
): Promise<string[]> {
  if (ids.length === 0 || detect === 'OFF' || tx.isBlind) return [];
  const rows = await tx.rows<RowOf<typeof stored>>(sql`
    select ${stored} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(ids)})
      and octet_length(${m.content}) <= ${sql.raw(String(MOST_COMPARED))}
    order by ${m.id} limit ${sql.raw(String(MOST_DETECTED))}`);
  const asked = rows.filter(({ type }) => detect || !QUIET.has(type));
  if (asked.length === 0) return [];
  const stamp = await tx.stamp();
  const found = await detectFindings(tx, asked, { isWrite: true, opens: detect === 'OPEN', at: stamp });
  const findingIds = asked.flatMap(({ id }) => found.get(id) ?? []);
  if (detect === 'OPEN') await openFindings(tx, findingIds);
  return findingIds;
}
