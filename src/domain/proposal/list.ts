import { type SQL, sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { all, moment, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { encodeId } from '../../kernel/ids.ts';
import { type CompanionRef, companionIdSql } from '../../model/companion/ref.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { type UserRef, userIdSql } from '../../model/user/ref.ts';
import {
  type ProposalKind,
  type ProposalStatus,
  proposalKind,
  proposalSources,
  proposalStatus,
  proposals,
  sourceRole,
} from '../../tables/proposal.ts';

const p = under(proposals, 'p');
const s = under(proposalSources, 's');

const columns = pick(
  p,
  'id',
  'kind',
  'status',
  'memoryId',
  'otherId',
  'draft',
  'confidence',
  'proposedBy',
  'proposedAt',
  'decidedAt',
);
const select = fields(columns);
export type ProposalRow = RowOf<typeof select>;

/** Which proposals a list shows; a part left out lets all through. */
export interface ProposalFilter {
  companion?: CompanionRef | null | undefined;
  user?: UserRef | null | undefined;
  statuses: readonly ProposalStatus[];
}

const nameOf = <N extends string>(numbers: Record<N, number>, number: number): N =>
  (Object.keys(numbers) as N[]).find((name) => numbers[name] === number) as N;

export const kindOf = ({ kind }: Pick<ProposalRow, 'kind'>): ProposalKind => nameOf(proposalKind, kind);
export const statusOf = ({ status }: Pick<ProposalRow, 'status'>): ProposalStatus => nameOf(proposalStatus, status);

/** What is proposed, with the ids of the memories that it names. */
export function draftOf(proposal: ProposalRow): Record<string, unknown> {
  const { draft, memoryId, otherId, confidence } = proposal;
  const id = (uuid: string | null) => uuid && encodeId('Memory', uuid);
  switch (kindOf(proposal)) {
    case 'MEMORY': {
      const { supersedes, ...memory } = draft;
      return {
        ...memory,
        confidence,
        ...(otherId !== null && supersedes ? { supersedes: { id: id(otherId), ...supersedes } } : {}),
      };
    }
    case 'RELATION':
      return { fromId: id(memoryId), toId: id(otherId), ...draft, strength: confidence };
    default:
      return { id: id(memoryId), ...draft, confidence };
  }
}

/** What a list is ordered by, as cursors name it: the newest first. */
export const PROPOSAL_ORDER = 'PROPOSED_AT DESC';

const orderOf = (window: Window) =>
  keyset(window, { value: p.proposedAt, type: 'timestamptz', id: p.id, direction: 'DESC' });

/** The conditions on proposals of one status: an index has them in the list's order. */
function conditionsOf(
  { companion, user }: ProposalFilter,
  status: ProposalStatus,
  reading: Reading,
  asOf: Date | undefined,
): SQL[] {
  const { workspaceId } = reading;
  const conditions = [
    sql`${p.workspaceId} = ${workspaceId}`,
    sql`${p.status} = ${sql.raw(String(proposalStatus[status]))}`,
  ];
  if (companion) conditions.push(sql`${p.companionId} = ${companionIdSql(companion, workspaceId)}`);
  if (user) conditions.push(sql`${p.userId} = ${userIdSql(user, workspaceId)}`);
  if (asOf) conditions.push(sql`${p.proposedAt} <= ${moment(asOf)}`);
  // Nothing that was proposed later belongs to a point in the past.
  else if (reading.known) conditions.push(sql`${p.proposedAt} <= ${reading.known}`);
  return conditions;
}

/** A page of the workspace's proposals. */
export async function proposalPage(
  tx: Transaction,
  reading: Reading,
  filter: ProposalFilter,
  window: Window,
): Promise<Page<ProposalRow>> {
  const { conditions, orderBy, limit } = orderOf(window);
  const statuses = [...new Set(filter.statuses)];
  if (statuses.length === 0) return toPage<ProposalRow>(window, [], position);
  const parts = statuses.map((status) => {
    const within = all([...conditionsOf(filter, status, reading, window.asOf), ...conditions]);
    return sql`(select * from ${aliased(p)} where ${within} order by ${orderBy} limit ${limit})`;
  });
  const rows = await tx.rows<ProposalRow>(sql`
    select ${select} from (${sql.join(parts, sql` union all `)}) p order by ${orderBy} limit ${limit}`);
  return toPage(window, rows, position);
}

const position = ({ proposedAt, id }: ProposalRow) => ({ value: proposedAt.toISOString(), id });

/** How many proposals of the workspace fit. */
export async function countProposals(
  tx: Transaction,
  reading: Reading,
  filter: ProposalFilter,
  asOf: Date | undefined,
): Promise<number> {
  const statuses = [...new Set(filter.statuses)];
  if (statuses.length === 0) return 0;
  const counts = statuses.map(
    (status) => sql`(select count(*) from ${aliased(p)} where ${all(conditionsOf(filter, status, reading, asOf))})`,
  );
  const [row] = await tx.rows<{ count: number }>(sql`select (${sql.join(counts, sql` + `)})::int as count`);
  return row?.count ?? 0;
}

/** Proposals by their keys; unknown ones are left out. */
export async function proposalsById(tx: Transaction, ids: readonly string[]): Promise<Map<string, ProposalRow>> {
  const rows = await tx.rows<ProposalRow>(sql`
    select ${select} from ${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} and ${p.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}

const evidence = fields(pick(s, 'proposalId', 'messageId', 'memoryId', 'quote'));
export type EvidenceRow = RowOf<typeof evidence>;

/** What each proposal quotes, in order. */
export async function evidenceOf(tx: Transaction, ids: readonly string[]): Promise<Map<string, EvidenceRow[]>> {
  const rows = await tx.rows<EvidenceRow>(sql`
    select ${evidence} from ${aliased(s)}
    where ${s.workspaceId} = ${tx.workspaceId} and ${s.proposalId} = any(${uuids(ids)})
      and ${s.role} = ${sql.raw(String(sourceRole.EVIDENCE))}
    order by ${s.proposalId}, ${s.place}`);
  return Map.groupBy(rows, ({ proposalId }) => proposalId);
}
