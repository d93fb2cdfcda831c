import { sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, nullable, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { AlreadyCorrected, Cycle, type DomainError, InvalidInput, RelationExists } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { conversations } from '../../tables/conversation.ts';
import type { MemoryType } from '../../tables/memory.ts';
import { proposalKind, proposals } from '../../tables/proposal.ts';
import { correctMemory, retractMemory } from '../correction/corrections.ts';
import type { CorrectionKind } from '../correction/target.ts';
import { detectInVersions, detectInWritten } from '../finding/written.ts';
import { createMemories } from '../memory/create.ts';
import type { NewMemory } from '../memory/new-memory.ts';
import { relate } from '../relation/relations.ts';
import type { RelationType } from '../relation/seen.ts';

const c = under(conversations, 'c');
const p = under(proposals, 'p');

const acceptable = fields({
  ...pick(p, 'id', 'companionId', 'userId', 'kind', 'draft', 'memoryId', 'otherId', 'confidence'),
  externalId: nullable(c.externalId),
});
export type Acceptable = RowOf<typeof acceptable>;

/** What accepting proposals made. */
export interface Accepted {
  /** The memories that were made, corrected, retracted or related, each once. */
  memoryIds: string[];
  findingIds: string[];
  /** What new memories became, by proposal. */
  became: Map<string, string>;
}

/** Proposals as they are accepted, in the order of the keys. */
export async function acceptablesOf(tx: WriteTransaction, ids: readonly string[]): Promise<Acceptable[]> {
  const rows = await tx.rows<Acceptable>(sql`
    select ${acceptable} from ${aliased(p)} left join lateral (
      select ${c.externalId} from ${aliased(c)}
      where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${p.conversationId} limit 1) c on true
    where ${p.workspaceId} = ${tx.workspaceId} and ${p.id} = any(${uuids(ids)})`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

const isOf = (kind: keyof typeof proposalKind) => (row: Acceptable) => row.kind === proposalKind[kind];
const given = (uuid: string | null): GivenId => ({ uuid: uuid as string, given: encodeId('Memory', uuid as string) });

/**
 * Does what proposals say, as the mutations of the same names do it: corrections and retractions first, then new memories
 * and relations. Each correction and retraction settles a time line of its own; beside those the number of statements is
 * the same however many there are. `path` leads to a proposal in the input. Throws InvalidInput where one cannot be done.
 */
export async function acceptAll(
  tx: WriteTransaction,
  rows: readonly Acceptable[],
  path: (row: Acceptable) => readonly (string | number)[],
): Promise<Accepted> {
  const memoryIds = new Set<string>();
  const versions: string[] = [];
  for (const row of rows.filter(isOf('CORRECTION'))) {
    const { content, kind, reason } = row.draft as { content: string; kind: CorrectionKind; reason: string };
    const id = await saying(path(row), () => correctMemory(tx, given(row.memoryId), { content, kind, reason }));
    versions.push(id);
    memoryIds.add(id);
  }
  for (const row of rows.filter(isOf('RETRACTION'))) {
    const { kind, reason } = row.draft as { kind: CorrectionKind; reason: string };
    await saying(path(row), () => retractMemory(tx, given(row.memoryId), { kind, reason }));
    memoryIds.add(row.memoryId as string);
  }
  const { made, findingIds } = await createAll(tx, rows.filter(isOf('MEMORY')), path);
  for (const id of made.values()) memoryIds.add(id);
  await relateAll(tx, rows.filter(isOf('RELATION')), path);
  for (const { memoryId, otherId } of rows.filter(isOf('RELATION'))) {
    memoryIds.add(memoryId as string).add(otherId as string);
  }
  const found = await detectInVersions(tx, versions, undefined);
  return { memoryIds: [...memoryIds], findingIds: [...findingIds, ...found], became: made };
}

/** Does something; what cannot be done says which proposal it is of. */
async function saying<T>(path: readonly (string | number)[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isItself = error instanceof InvalidInput || error instanceof AlreadyCorrected;
    if (!isItself && !(error instanceof RelationExists) && !(error instanceof Cycle)) throw error;
    throw new InvalidInput([
      { path, message: `It cannot be accepted any more, reject it: ${(error as DomainError).message}` },
    ]);
  }
}

const fresh = ({ draft, confidence, userId, externalId }: Acceptable): NewMemory => ({
  user: userId ? { id: userId, given: userId } : null,
  content: draft.content as string,
  type: draft.type as MemoryType,
  importance: draft.importance as number,
  confidence,
  context: { ...(externalId !== null && { conversationId: externalId }), source: 'extractMemories' },
  validFrom: typeof draft.validFrom === 'string' ? new Date(draft.validFrom) : null,
});

/** Makes the memories, those of each companion together; says what each became, and what was found. */
async function createAll(
  tx: WriteTransaction,
  rows: readonly Acceptable[],
  path: (row: Acceptable) => readonly (string | number)[],
): Promise<{ made: Map<string, string>; findingIds: string[] }> {
  const made = new Map<string, string>();
  const findingIds: string[] = [];
  for (const [companionId, group] of Map.groupBy(rows, (row) => row.companionId)) {
    const wanted = group.map(fresh);
    const companion = { id: companionId, given: companionId };
    const created = await createMemories(tx, companion, wanted, (index) => path(group[index] as Acceptable));
    const found = await detectInWritten(tx, wanted, created, undefined);
    findingIds.push(...found.flat());
    for (const [index, { id }] of created.entries()) made.set((group[index] as Acceptable).id, id);
  }
  return { made, findingIds };
}

/** Makes the relations; those that there are already are no news. */
const relateAll = (
  tx: WriteTransaction,
  rows: readonly Acceptable[],
  path: (row: Acceptable) => readonly (string | number)[],
): Promise<unknown> =>
  saying(rows[0] ? path(rows[0]) : [], () =>
    relate(
      tx,
      rows.map((row) => ({
        from: given(row.memoryId),
        to: given(row.otherId),
        type: row.draft.type as RelationType,
        strength: row.confidence,
        path: path(row),
      })),
      'skip',
    ),
  );
