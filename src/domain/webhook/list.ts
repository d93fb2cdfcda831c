import { sql } from 'drizzle-orm';
import { all, moment, uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { keyset, type Page, toPage } from '../../model/paging/keyset.ts';
import type { Window } from '../../model/paging/window.ts';
import { webhooks } from '../../tables/webhook.ts';
import type { EventKind } from '../event/record.ts';

const w = under(webhooks, 'w');

/** What is read of a webhook: never its secret. */
const select = fields({
  ...pick(w, 'id', 'url', 'companionId', 'isActive', 'createdAt'),
  kinds: sql<EventKind[] | null>`to_jsonb(${w.kinds})`,
});
export type WebhookRow = RowOf<typeof select>;

/** The one order webhooks are listed in: the oldest first. */
export const WEBHOOK_ORDER = 'CREATED_AT ASC';

/** A page of the workspace's webhooks; those made after the first page are left out. */
export async function webhookPage(tx: Transaction, window: Window): Promise<Page<WebhookRow>> {
  const part = keyset(window, { value: w.createdAt, type: 'timestamptz', id: w.id, direction: 'ASC' });
  const conditions = [
    sql`${w.workspaceId} = ${tx.workspaceId}`,
    ...(window.asOf ? [sql`${w.createdAt} <= ${moment(window.asOf)}`] : []),
    ...part.conditions,
  ];
  const rows = await tx.rows<WebhookRow>(sql`
    select ${select} from ${aliased(w)} where ${all(conditions)} order by ${part.orderBy} limit ${part.limit}`);
  return toPage(window, rows, ({ createdAt, id }) => ({ value: createdAt.toISOString(), id }));
}

/** How many webhooks there are, or were at `asOf`. */
export async function countWebhooks(tx: Transaction, asOf: Date | undefined): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from ${aliased(w)}
    where ${w.workspaceId} = ${tx.workspaceId} and (${moment(asOf ?? null)} is null or ${w.createdAt} <= ${moment(asOf ?? null)})`);
  return row?.count ?? 0;
}

/** Webhooks by their keys. */
export async function webhooksById(tx: Transaction, ids: readonly string[]): Promise<Map<string, WebhookRow>> {
  const rows = await tx.rows<WebhookRow>(sql`
    select ${select} from ${aliased(w)} where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = any(${uuids(ids)})`);
  return new Map(rows.map((row) => [row.id, row]));
}
