import { type SQL, sql } from 'drizzle-orm';
import { BatchSize, inBatches } from '../../db/batches.ts';
import { json, uuids } from '../../db/sql.ts';
import type { Tenant, WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, set, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { NotFound } from '../../kernel/errors.ts';
import type { GivenId } from '../../kernel/input.ts';
import { entities, mentions, mentionsHistory } from '../../tables/entity.ts';
import { events } from '../../tables/event.ts';
import { memories, memoriesHistory } from '../../tables/memory.ts';
import { emptySuccessesOfAny } from '../idempotency/successes.ts';

const e = under(entities, 'e');
const v = under(events, 'v');
const h = under(memoriesHistory, 'h');
const m = under(memories, 'm');
const past = under(mentionsHistory, 'past');
const x = under(mentions, 'x');

/** Of how many memories one transaction ends the mentions. */
const BATCH = 1_000;
/** Under this stamp the history trigger keeps nothing of what a row was. */
const BEFORE_ALL = new Date('0001-01-01T00:00:00Z');

const member = fields(pick(e, 'id', 'name', 'mergedInto'));
type Member = RowOf<typeof member>;

/** What is erased: entities, each with those that were merged into it. */
interface Family {
  survivors: string[];
  members: readonly Member[];
}

/**
 * Erases entities for good, with all that were merged into them: rows, history and mentions, now and in the past, and
 * what events tell of their names. The memories stay. One that was merged into another stands for that. Throws NotFound
 * where one is unknown: then none is erased. After an interruption some mentions are, and the next call goes on. What
 * is returned does the last part, and returns the keys.
 */
export async function deleteEntities(
  tenant: Tenant,
  given: readonly GivenId[],
): Promise<(tx: WriteTransaction) => Promise<string[]>> {
  const family = await write(tenant, (tx) => familyOf(tx, given));
  await inBatches(new BatchSize(BATCH), (size, timeoutMs) =>
    write(tenant, (tx) => tx.unrestricted(() => endMentions(tx, family, size)), { timeoutMs }),
  );
  return async (tx) => {
    const { survivors, members } = await familyOf(tx, given);
    await tx.unrestricted(async () => {
      await tx.rows(sql`
        select from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${idsOf(members)})
        order by ${e.id} for update`);
      // What has come to mention them meanwhile; from here on nobody does.
      await endMentions(tx, { survivors, members });
      await tx.rows(sql`
        delete from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${idsOf(members)})`);
      await emptySuccessesOfAny(
        tx,
        'entityId',
        members.map(({ id }) => id),
      );
    });
    return survivors;
  };
}

const idsOf = (members: readonly Member[]): SQL => uuids(members.map(({ id }) => id));

async function familyOf(tx: WriteTransaction, given: readonly GivenId[]): Promise<Family> {
  const named = await tx.rows<Member>(sql`
    select ${member} from ${aliased(e)}
    where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = any(${uuids(given.map(({ uuid }) => uuid))})`);
  const found = new Map(named.map((row) => [row.id, row.mergedInto ?? row.id]));
  const missing = given.filter(({ uuid }) => !found.has(uuid));
  if (missing.length > 0) {
    throw new NotFound(
      'entity',
      missing.map((each) => each.given),
    );
  }
  const survivors = [...new Set(given.map(({ uuid }) => found.get(uuid) as string))];
  const members = await tx.rows<Member>(sql`
    select ${member} from ${aliased(e)}
    where ${e.workspaceId} = ${tx.workspaceId}
      and (${e.id} = any(${uuids(survivors)}) or ${e.mergedInto} = any(${uuids(survivors)}))`);
  return { survivors, members };
}

/** Erases the mentions of some memories, and what their events tell of the names; returns of how many memories. */
async function endMentions(tx: WriteTransaction, { members }: Family, limit?: number): Promise<number> {
  const ids = idsOf(members);
  const rows = await tx.rows<{ id: string }>(sql`
    select distinct ${fields({ id: x.memoryId })} from (
      (select ${x.memoryId} from ${aliased(x)}
        where ${x.workspaceId} = ${tx.workspaceId} and ${x.entityId} = any(${ids}) limit ${limit ?? null}::bigint)
      union all
      (select ${past.memoryId} from ${aliased(past)}
        where ${past.workspaceId} = ${tx.workspaceId} and ${past.entityId} = any(${ids}) limit ${limit ?? null}::bigint)
    ) x limit ${limit ?? null}::bigint`);
  if (rows.length === 0) return 0;
  const memoryIds = uuids(rows.map(({ id }) => id));
  await untell(tx, members, memoryIds);
  await tx.asOf(BEFORE_ALL, async (then) => {
    await then.stamp();
    await then.rows(sql`
      delete from ${aliased(x)} where ${x.workspaceId} = ${tx.workspaceId} and ${x.memoryId} = any(${memoryIds})
        and ${x.entityId} = any(${ids})`);
  });
  await tx.rows(sql`
    delete from ${aliased(past)} where ${past.workspaceId} = ${tx.workspaceId} and ${past.memoryId} = any(${memoryIds})
      and ${past.entityId} = any(${ids})`);
  return rows.length;
}

/** Events say what changed of the entities that a memory mentions: not where that names one of these. */
async function untell(tx: WriteTransaction, members: readonly Member[], memoryIds: SQL): Promise<void> {
  const names = json({ names: members.map(({ name }) => name) });
  await tx.rows(sql`
    update ${aliased(v)} set ${set(events, { changes: sql`${v.changes} - 'entities'` })}
    where ${v.workspaceId} = ${tx.workspaceId} and ${v.lineageId} = any(array(
        select ${m.lineageId} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${memoryIds})
        union select ${h.lineageId} from ${aliased(h)} where ${h.workspaceId} = ${tx.workspaceId} and ${h.id} = any(${memoryIds})))
      and ${v.changes} ? 'entities'
      and jsonb_path_exists(${v.changes} -> 'entities', '$.** ? (@ == $names[*])', (select ${names}))`);
}
