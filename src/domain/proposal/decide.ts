import { type SQL, sql } from 'drizzle-orm';
import { moment, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import {
  aliased,
  fields,
  insertSelect,
  pick,
  type RowOf,
  recordset,
  set,
  under,
  valueFor,
} from '../../db/typed-sql.ts';
import { InvalidInput, NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { refuseReadOnly } from '../../model/restriction/allowed.ts';
import { memories } from '../../tables/memory.ts';
import { type ProposalStatus, proposalSources, proposalStatus, proposals, sourceRole } from '../../tables/proposal.ts';
import { type Acceptable, type Accepted, acceptAll, acceptablesOf } from './accept.ts';

/** How many proposals are decided at once: each may correct a memory, which locks a time line. */
export const MAX_DECIDED = 100;

const m = under(memories, 'm');
const p = under(proposals, 'p');
const s = under(proposalSources, 's');

export interface Decision {
  acceptIds: readonly GivenId[];
  rejectIds: readonly GivenId[];
  note: string | null;
}

export interface Decided extends Record<string, unknown> {
  proposalIds: string[];
  memoryIds: string[];
  findingIds: string[];
}

const decidable = fields(pick(p, 'id', 'companionId', 'userId', 'status'));
type Decidable = RowOf<typeof decidable>;

/**
 * Accepts proposals, which does what they say, and rejects others: all of them or none. One that has been decided so
 * already stays so, and does nothing again. Throws NotFound, Forbidden where one may be read only, and InvalidInput where
 * one was decided otherwise, or cannot be done any more.
 */
export async function decideProposals(
  tx: WriteTransaction,
  { acceptIds, rejectIds, note }: Decision,
): Promise<Decided> {
  const places = new Map<string, readonly (string | number)[]>();
  for (const [field, ids] of Object.entries({ acceptIds, rejectIds })) {
    for (const [place, { uuid }] of ids.entries()) {
      if (!places.has(uuid)) places.set(uuid, ['input', field, place]);
    }
  }
  const rows = await lockProposals(tx, [...acceptIds, ...rejectIds]);
  const accepted = new Set(acceptIds.map(({ uuid }) => uuid));
  refuseTwice(
    rejectIds.filter(({ uuid }) => accepted.has(uuid)),
    places,
  );
  const wanted = ({ id }: Decidable): ProposalStatus => (accepted.has(id) ? 'ACCEPTED' : 'REJECTED');
  refuseOtherwise(rows, wanted, places);
  const open = rows.filter(({ status }) => status === proposalStatus.OPEN);
  const toAccept = open.filter((row) => wanted(row) === 'ACCEPTED').map(({ id }) => id);
  const toReject = open.filter((row) => wanted(row) === 'REJECTED').map(({ id }) => id);
  const made = await acceptProposals(tx, toAccept, note, ({ id }) => places.get(id) ?? ['input', 'acceptIds']);
  await writeDecisions(tx, toReject, 'REJECTED', note);
  return {
    proposalIds: [...places.keys()],
    memoryIds: made.memoryIds,
    findingIds: made.findingIds,
  };
}

/** Accepts open proposals that this transaction holds, and writes down that they were. */
export async function acceptProposals(
  tx: WriteTransaction,
  ids: readonly string[],
  note: string | null,
  path: (row: Acceptable) => readonly (string | number)[],
): Promise<Accepted> {
  if (ids.length === 0) return { memoryIds: [], findingIds: [], became: new Map() };
  const accepted = await acceptAll(tx, await acceptablesOf(tx, ids), path);
  await writeDecisions(tx, ids, 'ACCEPTED', note);
  await nameMemories(tx, accepted.became);
  return accepted;
}

/** The proposals, each once, locked until the transaction ends. */
async function lockProposals(tx: WriteTransaction, ids: readonly GivenId[]): Promise<Decidable[]> {
  const keys = [...new Set(ids.map(({ uuid }) => uuid))];
  const these = sql`${aliased(p)} where ${p.workspaceId} = ${tx.workspaceId} and ${p.id} = any(${uuids(keys)})`;
  // What may not be changed cannot be locked, and would look as if it were not there.
  const seen = await tx.rows<Decidable>(sql`select ${decidable} from ${these}`);
  refuseMissing(ids, seen);
  refuseReadOnly(tx.restriction, seen);
  const rows = await tx.rows<Decidable>(sql`select ${decidable} from ${these} order by ${p.id} for update`);
  refuseMissing(ids, rows);
  return rows;
}

function refuseMissing(ids: readonly GivenId[], rows: readonly Decidable[]): void {
  const there = new Set(rows.map(({ id }) => id));
  const missing = new Set(ids.filter(({ uuid }) => !there.has(uuid)).map(({ given }) => given));
  if (missing.size > 0) throw new NotFound('proposal', [...missing]);
}

type Places = ReadonlyMap<string, readonly (string | number)[]>;

function refuseTwice(both: readonly GivenId[], places: Places): void {
  const message = 'It is to be accepted and rejected: leave it out of one of the two.';
  const issues = both.map(({ uuid }) => ({ path: places.get(uuid) ?? [], message }));
  if (issues.length > 0) throw new InvalidInput(issues);
}

function refuseOtherwise(rows: readonly Decidable[], wanted: (row: Decidable) => ProposalStatus, places: Places): void {
  const issues = rows.flatMap((row) => {
    if (row.status === proposalStatus.OPEN || row.status === proposalStatus[wanted(row)]) return [];
    const before = row.status === proposalStatus.ACCEPTED ? 'accepted' : 'rejected';
    return [{ path: places.get(row.id) ?? [], message: `It has been ${before} already: leave it out.` }];
  });
  if (issues.length > 0) throw new InvalidInput(issues);
}

const decision = (tx: WriteTransaction, status: ProposalStatus, note: string | null, stamp: SQL) =>
  set(proposals, {
    status: valueFor(proposals.status, proposalStatus[status]),
    decidedAt: stamp,
    decidedBy: valueFor(proposals.decidedBy, tx.actor),
    note: valueFor(proposals.note, note),
  });

async function writeDecisions(
  tx: WriteTransaction,
  ids: readonly string[],
  status: ProposalStatus,
  note: string | null,
): Promise<void> {
  if (ids.length === 0) return;
  const stamp = moment(await tx.stamp());
  await tx.rows(sql`
    update ${aliased(p)} set ${decision(tx, status, note, stamp)}
    where ${p.workspaceId} = ${tx.workspaceId} and ${p.id} = any(${uuids(ids)})`);
}

/** Writes down what new memories became: a proposal goes with that memory. */
async function nameMemories(tx: WriteTransaction, became: ReadonlyMap<string, string>): Promise<void> {
  if (became.size === 0) return;
  const x = recordset(
    'x',
    { id: proposals.id, memoryId: memories.id },
    [...became].map(([id, memoryId]) => ({ id, memoryId })),
  );
  await tx.rows(sql`
    update ${aliased(p)} set ${set(proposals, { memoryId: x.memoryId })} from ${aliased(x)}
    where ${p.workspaceId} = ${tx.workspaceId} and ${p.id} = ${x.id} and ${p.id} = any(${uuids([...became.keys()])})`);
  const next = sql`(select max(${s.place}) + 1 from ${aliased(s)}
    where ${s.workspaceId} = ${tx.workspaceId} and ${s.proposalId} = ${x.id})`;
  await tx.rows(
    insertSelect(
      proposalSources,
      {
        workspaceId: sql`${tx.workspaceId}::uuid`,
        proposalId: x.id,
        place: sql`coalesce(${next}, 0)`,
        role: valueFor(proposalSources.role, sourceRole.ORIGIN),
        messageId: sql`null`,
        memoryId: m.id,
        lineageId: m.lineageId,
        quote: sql`null`,
      },
      sql`from ${aliased(x)} join ${aliased(m)} on ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${x.memoryId}`,
    ),
  );
}
