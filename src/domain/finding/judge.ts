import { sql } from 'drizzle-orm';
import { moment, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under, valueFor } from '../../db/typed-sql.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { findingKind, findings, findingVerdict, type Verdict } from '../../tables/finding.ts';
import { lineagesOf } from '../belief/lock.ts';
import { contradictMemory } from '../contradiction/contradictions.ts';
import { type ContradictionResolution, reopenContradiction, resolveContradiction } from '../contradiction/resolve.ts';
import { reinforceMemories } from '../decay/reinforce.ts';
import { setArchived } from '../memory/change.ts';

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
 * finding can be judged again. Throws NotFound, Forbidden where a side may be read only, and what opening and resolving a
 * contradiction throw.
 */
export async function judgeFindings(
  tx: WriteTransaction,
  ids: readonly GivenId[],
  verdict: Verdict,
  note: string | null | undefined,
): Promise<Judged> {
  const rows = await lockFindings(tx, ids);
  const contradictionIds: string[] = [];
  // One after the other: two findings may be about one time line, and the second is judged as the first left it.
  for (const row of rows) {
    const sides = [row.memoryId, row.byId].map(given);
    await lineagesOf(tx, sides);
    if (row.verdict === findingVerdict.SAME) await separate(tx, row);
    const contradictionId = resolves(verdict)
      ? await settlePair(tx, row, resolutions[verdict], note)
      : await dismissPair(tx, row, note);
    if (verdict === 'SAME') await join(tx, row);
    await writeVerdict(tx, row.id, verdict, note, contradictionId);
    if (contradictionId) contradictionIds.push(contradictionId);
  }
  return {
    findingIds: rows.map(({ id }) => id),
    memoryIds: [...new Set(rows.flatMap(({ memoryId, byId }) => [memoryId, byId]))],
    contradictionIds,
  };
}

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
  const visible = new Set(seen.map(({ id }) => id));
  const missing = ids.filter(({ uuid }) => !visible.has(uuid));
  if (missing.length > 0) {
    throw new NotFound(
      'finding',
      missing.map(({ given: text }) => text),
    );
  }
  const rows = await tx.unrestricted(() =>
    tx.rows<Judgeable>(sql`
      select ${judgeable} from ${aliased(f)}
      where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = any(${uuids(keys)}) order by ${f.id} for update`),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return keys.flatMap((key) => byId.get(key) ?? []);
}

const pair = fields(pick(c, 'id', 'status', 'resolution'));

/** The contradiction of the pair's lineages, whoever opened it. */
async function contradictionOf(tx: WriteTransaction, { memoryLineageId, byLineageId }: Judgeable) {
  const [row] = await tx.rows<RowOf<typeof pair>>(sql`
    select ${pair} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId}
      and least(${c.memoryLineageId}, ${c.byLineageId}) = least(${memoryLineageId}::uuid, ${byLineageId}::uuid)
      and greatest(${c.memoryLineageId}, ${c.byLineageId}) = greatest(${memoryLineageId}::uuid, ${byLineageId}::uuid)`);
  return row;
}

/** Opens the contradiction of a pair, or opens it again, and resolves it so; returns its key. */
async function settlePair(
  tx: WriteTransaction,
  row: Judgeable,
  resolution: ContradictionResolution | null,
  note: string | null | undefined,
): Promise<string> {
  const there = await contradictionOf(tx, row);
  const how = { strength: row.score, reason: row.reason };
  const id = there?.id ?? (await contradictMemory(tx, given(row.memoryId), given(row.byId), how)).contradictionId;
  if (there && there.status !== 'OPEN') {
    if (there.resolution === resolution) return id;
    await reopenContradiction(tx, contradiction(id));
  }
  if (resolution) await resolveContradiction(tx, contradiction(id), resolution, note);
  return id;
}

/** Takes back what an earlier verdict said of the pair: its contradiction is dismissed. Returns its key, if there is one. */
async function dismissPair(
  tx: WriteTransaction,
  row: Judgeable,
  note: string | null | undefined,
): Promise<string | null> {
  const there = row.contradictionId ? await contradictionOf(tx, row) : undefined;
  if (!there || there.status === 'DISMISSED') return there?.id ?? null;
  if (there.status !== 'OPEN') await reopenContradiction(tx, contradiction(there.id));
  await resolveContradiction(tx, contradiction(there.id), 'DISMISSED', note);
  return there.id;
}

/** The older one has been useful once more, and stands for both. */
async function join(tx: WriteTransaction, { memoryId, byId }: Judgeable): Promise<void> {
  await reinforceMemories(tx, [given(memoryId)], 0);
  await setArchived(tx, [given(byId)], true);
}

/** The newer one is there again. That the older one was useful stays counted. */
async function separate(tx: WriteTransaction, { byId }: Judgeable): Promise<void> {
  await setArchived(tx, [given(byId)], false);
}

async function writeVerdict(
  tx: WriteTransaction,
  id: string,
  verdict: Verdict,
  note: string | null | undefined,
  contradictionId: string | null,
): Promise<void> {
  const stamp = await tx.stamp();
  const values = set(findings, {
    verdict: valueFor(findings.verdict, findingVerdict[verdict]),
    judgedAt: moment(stamp),
    judgedBy: valueFor(findings.judgedBy, tx.actor),
    note: valueFor(findings.note, note ?? null),
    contradictionId: valueFor(findings.contradictionId, contradictionId),
    // No model is asked about what is judged.
    dueAt: sql`null`,
    claim: sql`null`,
  });
  await tx.unrestricted(() =>
    tx.rows(sql`
      update ${aliased(f)} set ${values} where ${f.workspaceId} = ${tx.workspaceId} and ${f.id} = ${id}::uuid`),
  );
}
