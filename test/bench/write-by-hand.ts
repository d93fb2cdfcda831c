import { sql } from 'drizzle-orm';
import { json } from '../../src/db/sql.ts';
import type { Tenant } from '../../src/db/transaction.ts';
import { write } from '../../src/db/write.ts';
import { newId } from '../../src/kernel/ids.ts';

/** What a batch fills directly, each after what it refers to; postings come by trigger, from `memories.search`. */
const tables = [
  'lineages',
  'memories',
  'entities',
  'mentions',
  'memory_embeddings',
  'pending_embeddings',
  'relations',
  'neighborhoods',
  'events',
] as const;
export type Rows = Map<(typeof tables)[number], Record<string, unknown>[]>;

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The number of a transaction that is newer than any before. */
export const newestTransaction = (tenant: Tenant): Promise<string> =>
  write(tenant, async (tx) => {
    const [row] = await tx.rows<{ xid: string }>(sql`select pg_current_xact_id()::text as xid`);
    return (row as { xid: string }).xid;
  });

/** What later transactions than that one have written, if there were fewer than 2³¹. */
export async function rowsSince(tenant: Tenant, xid: string): Promise<Rows> {
  return write(tenant, async (tx) => {
    const rows: Rows = new Map();
    for (const table of tables) {
      const found = await tx.rows<{ row: Record<string, unknown> }>(sql`
        select to_jsonb(t) as row from ${sql.raw(table)} t
        where workspace_id = ${tx.workspaceId} and age(t.xmin) < age((${xid}::numeric % 4294967296)::text::xid)`);
      rows.set(
        table,
        found.map(({ row }) => row),
      );
    }
    return rows;
  });
}

/**
 * The same rows as another batch would have left them: keys of their own, contents as long as before. What they refer
 * to outside of the batch stays: workspace, companion, user, entities that were there before.
 */
export function renewed(rows: Rows, round: number): Rows {
  const own = new Map<string, string>();
  for (const table of ['lineages', 'memories', 'entities', 'relations', 'events'] as const)
    for (const { id } of rows.get(table) ?? []) own.set(id as string, own.get(id as string) ?? newId());
  return new Map(
    [...rows].map(([table, list]) => [
      table,
      list.map((row, index) => {
        const renewedRow = JSON.parse(JSON.stringify(row).replace(UUID, (uuid) => own.get(uuid) ?? uuid));
        if (table === 'memories') renewedRow.content_fold = `${round}-${index}`;
        if (table === 'entities') renewedRow.folded_name = `${round}-${index}`;
        return renewedRow;
      }),
    ]),
  );
}

/** Writes the rows by one INSERT for each table, in one transaction, as the service's role and with all triggers. */
export async function insertByHand(tenant: Tenant, rows: Rows): Promise<void> {
  await write(tenant, async (tx) => {
    const feed = rows.get('events') ?? [];
    const [last] = await tx.rows<{ position: number }>(sql`
      update event_feeds set position = position + ${String(feed.length)}::bigint where workspace_id = ${tx.workspaceId}
      returning (position - ${String(feed.length)}::bigint)::int as position`);
    for (const [index, event] of feed.entries()) event.position = (last?.position ?? 0) + index + 1;
    for (const table of tables) {
      const list = rows.get(table) ?? [];
      if (list.length === 0) continue;
      await tx.rows(
        sql`insert into ${sql.raw(table)} select * from jsonb_populate_recordset(null::${sql.raw(table)}, ${json(list)})`,
      );
    }
  });
}
