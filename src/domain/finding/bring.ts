import { sql } from 'drizzle-orm';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, insertSelect, pick, recordset, under } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import { contradictions } from '../../tables/contradiction.ts';
import { type FindingKind, findingKind, findings, findingVerdict, type Verdict } from '../../tables/finding.ts';
import { memories } from '../../tables/memory.ts';

const b = under(memories, 'b');
const c = under(contradictions, 'c');
const m = under(memories, 'm');

/** A finding from elsewhere. Moments left out are this one. */
export interface BroughtFinding {
  /** Keys of the versions it was seen in, as they are here. */
  memoryId: string;
  byId: string;
  kind: FindingKind;
  score: number;
  reason: string;
  memoryText: string;
  byText: string;
  foundAt: Date | null;
  verdict: Verdict | null;
  judgedAt: Date | null;
  judgedBy: string | null;
  note: string | null;
  /** The chat model that confirmed it, and when. */
  confirmedBy: string | null;
  confirmedAt: Date | null;
}

const shape = {
  ...pick(findings, 'id', 'memoryId', 'byId', 'kind', 'score', 'reason', 'memoryText', 'byText', 'foundAt'),
  ...pick(findings, 'verdict', 'judgedAt', 'judgedBy', 'note', 'confirmedBy', 'confirmedAt'),
};
const asTheyAre = ['id', 'memoryId', 'byId', 'kind', 'score', 'reason', 'memoryText', 'byText', 'foundAt'] as const;
const ofVerdict = ['verdict', 'judgedAt', 'judgedBy', 'note', 'confirmedBy', 'confirmedAt'] as const;

/**
 * Makes findings that are not there, with their verdicts, and returns how many. Left out: what is about a memory that is
 * not here, about two versions of one, or about memories of several companions or users. What a verdict did is not done:
 * it comes with the memories and contradictions.
 */
export async function bringFindings(tx: WriteTransaction, brought: readonly BroughtFinding[]): Promise<number> {
  if (brought.length === 0) return 0;
  const stamp = await tx.stamp();
  const rows = brought.map(({ kind, verdict, foundAt, judgedAt, confirmedAt, ...finding }) => ({
    ...finding,
    id: newId(),
    kind: findingKind[kind],
    foundAt: foundAt ?? stamp,
    verdict: verdict && findingVerdict[verdict],
    judgedAt: verdict && (judgedAt ?? stamp),
    confirmedAt: finding.confirmedBy ? (confirmedAt ?? stamp) : null,
  }));
  const x = recordset('x', shape, rows);
  const [least, greatest] = [sql`least(${m.lineageId}, ${b.lineageId})`, sql`greatest(${m.lineageId}, ${b.lineageId})`];
  const insert = insertSelect(
    findings,
    {
      workspaceId: sql`${tx.workspaceId}::uuid`,
      ...pick(x, ...asTheyAre, ...ofVerdict),
      isHidden: sql`false`,
      opens: sql`false`,
      dueAt: sql`null`,
      claim: sql`null`,
      memoryLineageId: m.lineageId,
      byLineageId: b.lineageId,
      companionId: m.companionId,
      userId: m.userId,
      contradictionId: sql`case when ${x.verdict} is not null then (
        select ${c.id} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId}
          and least(${c.memoryLineageId}, ${c.byLineageId}) = ${least}
          and greatest(${c.memoryLineageId}, ${c.byLineageId}) = ${greatest} limit 1) end`,
    },
    sql`from ${aliased(x)}
      join ${aliased(m)} on ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${x.memoryId}
      join ${aliased(b)} on ${b.workspaceId} = ${tx.workspaceId} and ${b.id} = ${x.byId}
      where ${m.lineageId} <> ${b.lineageId} and ${m.companionId} = ${b.companionId}
        and ${m.userId} is not distinct from ${b.userId}
      order by ${x.id}`,
  );
  const made = await tx.unrestricted(() => tx.rows(sql`${insert} on conflict do nothing returning 1`));
  return made.length;
}
