import { sql } from 'drizzle-orm';
import { json } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, under } from '../../db/typed-sql.ts';
import { newId } from '../../kernel/ids.ts';
import type { eventKind } from '../../tables/all.ts';
import { memories } from '../../tables/memory.ts';

const m = under(memories, 'm');
const other = under(memories, 'other');

export type EventKind = (typeof eventKind.enumValues)[number];

/** Something that befell a memory. */
export interface NewEvent {
  kind: EventKind;
  memoryId: string;
  /** The other memory, where it befell two. */
  otherMemoryId?: string | null;
  relationId?: string | null;
  contradictionId?: string | null;
  reason?: string | null;
  /** What it changed: by field, mostly `{from, to}`. Never content of another lineage, so that forgetting erases all. */
  changes?: Record<string, unknown>;
  /** When; default: the mutation's stamp. */
  at?: Date;
}

const noted = new WeakMap<WriteTransaction, NewEvent[]>();

/** Notes what befalls memories; written right before the commit, in the order noted. */
export function noteEvents(tx: WriteTransaction, events: readonly NewEvent[]): void {
  const before = noted.get(tx);
  if (before) {
    before.push(...events);
    return;
  }
  const all = [...events];
  noted.set(tx, all);
  tx.beforeCommit(() => writeEvents(tx, all));
}

async function writeEvents(tx: WriteTransaction, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const stamp = await tx.stamp();
  const rows = events.map(({ at = stamp, changes = {}, ...event }, index) => ({
    ...event,
    id: newId(),
    place: index + 1,
    at,
    changes,
  }));
  // The feed's row stays locked until the commit, so that positions are committed in their order.
  await tx.rows(sql`
    with feed as (
      insert into event_feeds (workspace_id, position) values (${tx.workspaceId}, ${rows.length})
      on conflict (workspace_id) do update set position = event_feeds.position + excluded.position
      returning position - ${rows.length} as before
    )
    insert into events (workspace_id, id, position, kind, at, actor, memory_id, lineage_id, companion_id, user_id,
      other_lineage_id, other_companion_id, other_user_id, relation_id, contradiction_id, reason, changes)
    select ${tx.workspaceId}, e.id, feed.before + e.place, e.kind, e.at, ${tx.actor}, ${m.id}, ${m.lineageId}, ${m.companionId},
      ${m.userId}, ${other.lineageId}, nullif(${other.companionId}, ${m.companionId}), nullif(${other.userId}, ${m.userId}), e."relationId", e."contradictionId", e.reason, e.changes
    from feed cross join jsonb_to_recordset(${json(rows)}) as e (id uuid, place int, kind event_kind, at timestamptz,
      "memoryId" uuid, "otherMemoryId" uuid, "relationId" uuid, "contradictionId" uuid, reason text, changes jsonb)
    join ${aliased(m)} on ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = e."memoryId"
    left join ${aliased(other)} on ${other.workspaceId} = ${tx.workspaceId} and ${other.id} = e."otherMemoryId"`);
}
