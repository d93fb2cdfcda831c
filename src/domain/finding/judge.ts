import { sql } from 'drizzle-orm';
import { moment, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, recordset, set, under, valueFor } from '../../db/typed-sql.ts';
import { InvalidInput, NotFound, RelationExists } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { findingKind, findings, findingVerdict, type Verdict } from '../../tables/finding.ts';
import { lineagesOf } from '../belief/lock.ts';
import { contradictMemory } from '../contradiction/contradictions.ts';
import { type ContradictionResolution, reopenContradiction, resolveContradiction } from '../contradiction/resolve.ts';
import { reinforceMemories } from '../decay/reinforce.ts';
import { setArchived } from '../memory/change.ts';
import { noteJudged } from './events.ts';

/** How many findings are judged at once: each may open a contradiction, which locks the time lines of its sides. */
export const MAX_JUDGED = 100;

const f = under(findings, 'f');
const c = under(contradictions, 'c');

const judgeable = fields({
  ...pick(f, 'id', 'memoryId', 'byId', 'memoryLineageId', 'byLineageId', 'score', 'reason', 'verdict'),
  ...pick(f, 'contradictionId'),
});
type Judgeable = RowOf<typeof judgeable>;

/** How the contradiction of a pair is resolved by a verdict; null: it stays open. */
const resolutions = {
  SUCCEEDS: 'SUCCEEDED',
  CORRECTS: 'KEEP_BY',
  CONTRADICTS: null,
} as const satisfies Partial<Record<Verdict, ContradictionResolution | null>>;

const resolves = (verdict: Verdict): verdict is keyof typeof resolutions => verdict in resolutions;

export interface Judged extends Record<string, unknown> {
  findingIds: string[];
  memoryIds: string[];
  contradictionIds: string[];
}

/**
 * Judges findings, in the order given: all of them or none. What an earlier verdict did is taken back first, so that a
 * finding can be judged again. Takes the same number of statements however many there are, and besides for each
 * contradiction what opening, reopening and resolving it takes: it is settled on the time lines as those before left
 * them. Throws NotFound, Forbidden where a side may be read only, and what opening and resolving a contradiction throw.
 */
export async function judgeFindings(
  tx: WriteTransaction,
  ids: readonly GivenId[],
  verdict: Verdict,
  note: string | null | undefined,
): Promise<Judged> {
  const rows = await lockFindings(tx, ids);
  const memoryIds = [...new Set(rows.flatMap(({ memoryId, byId }) => [memoryId, byId]))];
  await lineagesOf(tx, memoryIds.map(given));
  const there = await contradictionsOf(tx, rows);
  const [same, others] = [rows.filter(isSame), rows.filter((row) => !isSame(row))];
  if (verdict !== 'SAME') await separate(tx, same);
  const settled = new Map<string, string>();
  for (const row of rows) {
    const before = there.get(row.id);
    const id = await sayingWhich(ids, row, async () =>
      resolves(verdict)
        ? settlePair(tx, row, before, resolutions[verdict], note)
        : row.contradictionId && before && dismissPair(tx, before, note),
    );
    if (id) settled.set(row.id, id);
  }
  if (verdict === 'SAME') await join(tx, others);
  await writeVerdicts(tx, rows, verdict, note, settled);
  for (const row of rows) noteJudged(tx, row, verdict, note);
  return { findingIds: rows.map(({ id }) => id), memoryIds, contradictionIds: [...new Set(settled.values())] };
}

/** Does what throws InvalidInput about a memory or contradiction, which then says which of the findings it is about. */
async function sayingWhich<T>(ids: readonly GivenId[], { id }: Judgeable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const path = ['input', 'ids', ids.findIndex(({ uuid }) => uuid === id)];
    throw new InvalidInput(error.issues.map(({ message }) => ({ path, message })));
  }
}

const isSame = ({ verdict }: Judgeable): boolean => verdict === findingVerdict.SAME;

/** From so sure a NEGATION on a contradiction is opened where that was asked for: such are right in nearly nine of ten cases. */
const SURE = 0.8;

/** Opens a contradiction for each of the findings that is a NEGATION, and sure. They have just been found. */
export async function openFindings(tx: WriteTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const rows = await tx.rows<{ id: string }>(sql`
    select ${f.id} from ${aliased(f)} where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${uuids(ids)})
      and ${f.kind} = ${String(findingKind.NEGATION)}::text::smallint and ${f.score} >= ${String(SURE)}::text::float8 order by ${f.id}`);
  if (rows.length === 0) return;
  const sure = rows.map(({ id }): GivenId => ({ uuid: id, given: encodeId('Finding', id) }));
  await judgeFindings(tx, sure, 'CONTRADICTS', null);
}

const given = (uuid: string): GivenId => ({ uuid, given: encodeId('Memory', uuid) });
const contradiction = (uuid: string): GivenId => ({ uuid, given: encodeId('Contradiction', uuid) });

/** The findings, each once, locked until the transaction ends. */
async function lockFindings(tx: WriteTransaction, ids: readonly GivenId[]): Promise<Judgeable[]> {
  const keys = [...new Set(ids.map(({ uuid }) => uuid))];
  const seen = await tx.rows<{ id: string }>(sql`
    select ${f.id} from ${aliased(f)} where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${uuids(keys)})
      and not ${f.isHidden}`);
  refuseMissing(ids, new Set(seen.map(({ id }) => id)));
  const rows = await tx.unrestricted(() =>
    tx.rows<Judgeable>(sql`
      select ${judgeable} from ${aliased(f)}
      where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${uuids(keys)}) order by ${f.id} for update`),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  // One may have been erased while its lock was waited for.
  refuseMissing(ids, byId);
  return keys.map((key) => byId.get(key) as Judgeable);
}

function refuseMissing(ids: readonly GivenId[], there: { has(id: string): boolean }): void {
  const missing = new Set(ids.filter(({ uuid }) => !there.has(uuid)).map(({ given: text }) => text));
  if (missing.size > 0) throw new NotFound('finding', [...missing]);
}

const pair = fields({ finding: f.id, ...pick(c, 'id', 'status', 'resolution') });
type Dispute = RowOf<typeof pair>;
const moved = fields(pick(c, 'id', 'status', 'resolution'));

/** The contradictions of the pairs of lineages, by finding, also those that no finding opened. */
async function contradictionsOf(tx: WriteTransaction, rows: readonly Judgeable[]): Promise<Map<string, Dispute>> {
  const ids = uuids(rows.map(({ id }) => id));
  const found = await tx.rows<Dispute>(sql`
    select ${pair} from ${aliased(f)} cross join lateral (
      select * from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId}
        and least(${c.memoryLineageId}, ${c.byLineageId}) = least(${f.memoryLineageId}, ${f.byLineageId})
        and greatest(${c.memoryLineageId}, ${c.byLineageId}) = greatest(${f.memoryLineageId}, ${f.byLineageId}) limit 1) c
    where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${ids})`);
  return new Map(found.map((row) => [row.finding, row]));
}

/** Opens the contradiction of a pair, or opens it again, and resolves it so; returns its key. */
async function settlePair(
  tx: WriteTransaction,
  row: Judgeable,
  there: Dispute | undefined,
  resolution: ContradictionResolution | null,
  note: string | null | undefined,
): Promise<string> {
  const before = there ?? (await openPair(tx, row));
  const { id, status } = before;
  if (status !== 'OPEN') {
    if (before.resolution === resolution) return id;
    await reopenContradiction(tx, contradiction(id));
  }
  if (resolution) await resolveContradiction(tx, contradiction(id), resolution, note);
  return id;
}

/** Opens the contradiction of a pair; one that a slot has moved to another lineage stands for it. */
async function openPair(tx: WriteTransaction, row: Judgeable): Promise<Omit<Dispute, 'finding'>> {
  const { memoryId, byId, score, reason } = row;
  try {
    const { contradictionId: id } = await contradictMemory(tx, given(memoryId), given(byId), {
      strength: score,
      reason,
    });
    return { id, status: 'OPEN', resolution: null };
  } catch (error) {
    if (!(error instanceof RelationExists) || error.contradictionId === null) throw error;
    const [there] = await tx.rows<RowOf<typeof moved>>(sql`
      select ${moved} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${error.contradictionId}::uuid`);
    if (!there) throw error;
    return there;
  }
}

/** Takes back what an earlier verdict said of a pair: its contradiction is dismissed. Returns its key. */
async function dismissPair(tx: WriteTransaction, there: Dispute, note: string | null | undefined): Promise<string> {
  if (there.status === 'DISMISSED') return there.id;
  if (there.status !== 'OPEN') await reopenContradiction(tx, contradiction(there.id));
  await resolveContradiction(tx, contradiction(there.id), 'DISMISSED', note);
  return there.id;
}

const each = (ids: readonly string[]): GivenId[] => [...new Set(ids)].map(given);

/** The older ones have been useful once more, and stand for both. */
async function join(tx: WriteTransaction, rows: readonly Judgeable[]): Promise<void> {
  if (rows.length === 0) return;
  await reinforceMemories(tx, each(rows.map(({ memoryId }) => memoryId)), 0);
  await setArchived(tx, each(rows.map(({ byId }) => byId)), true);
}

/** The newer ones are there again, but for those that say the same as yet another. That older ones were useful stays counted. */
async function separate(tx: WriteTransaction, rows: readonly Judgeable[]): Promise<void> {
  if (rows.length === 0) return;
  const ids = uuids(rows.map(({ id }) => id));
  const joined = await tx.rows<{ byId: string }>(sql`
    select ${fields(pick(f, 'byId'))} from ${aliased(f)} where ${f.workspaceId} = ${tx.workspaceId}
      and ${f.byLineageId} = any(${uuids(rows.map(({ byLineageId }) => byLineageId))})
      and ${f.verdict} = ${String(findingVerdict.SAME)}::text::smallint and ${f.id} <> all(${ids})`);
  const kept = new Set(joined.map(({ byId }) => byId));
  const back = each(rows.map(({ byId }) => byId).filter((id) => !kept.has(id)));
  if (back.length > 0) await setArchived(tx, back, false);
}

const verdicts = { id: findings.id, contradictionId: findings.contradictionId };

async function writeVerdicts(
  tx: WriteTransaction,
  rows: readonly Judgeable[],
  verdict: Verdict,
  note: string | null | undefined,
  settled: ReadonlyMap<string, string>,
): Promise<void> {
  const stamp = await tx.stamp();
  const x = recordset(
    'x',
    verdicts,
    rows.map(({ id }) => ({ id, contradictionId: settled.get(id) ?? null })),
  );
  const values = set(findings, {
    verdict: valueFor(findings.verdict, findingVerdict[verdict]),
    judgedAt: moment(stamp),
    judgedBy: valueFor(findings.judgedBy, tx.actor),
    note: valueFor(findings.note, note ?? null),
    contradictionId: x.contradictionId,
    // No model is asked about what is judged.
    dueAt: sql`null`,
    claim: sql`null`,
  });
  await tx.unrestricted(() =>
    tx.rows(sql`
      update ${aliased(f)} set ${values} from ${aliased(x)}
      where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = ${x.id}
        and ${f.id} = any(${uuids(rows.map(({ id }) => id))})`),
  );
}
