import { sql } from 'drizzle-orm';
import { BatchSize, inBatches } from '../../db/batches.ts';
import { NOW } from '../../db/reading.ts';
import { textsAs } from '../../db/sql.ts';
import { momentIn, type Tenant, type WriteTransaction } from '../../db/transaction.ts';
import { aliased, insertSelect, names, set, under, valueFor } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { LimitExceeded, NotFound } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { GivenId } from '../../kernel/input.ts';
import type { CompanionRef } from '../../model/companion/ref.ts';
import { webhookDeliveries, webhooks } from '../../tables/webhook.ts';
import { workspaces } from '../../tables/workspace.ts';
import { ensureCompanion } from '../companion/companions.ts';
import type { EventKind } from '../event/record.ts';
import { emptySuccessesOf } from '../idempotency/successes.ts';
import { newSecret } from './signature.ts';

const d = under(webhookDeliveries, 'd');
const s = under(workspaces, 's');
const w = under(webhooks, 'w');

/** The most webhooks of a workspace: each has a row written for each of its events. */
export const MAX_WEBHOOKS = 20;
/** The most deliveries that one transaction deletes. */
const BATCH = 1_000;

export interface NewWebhook {
  /** As `readUrl` made it. */
  url: string;
  /** null: all. */
  kinds: readonly EventKind[] | null;
  companion: CompanionRef | null;
}

/** A webhook that was made. What is kept of it for retries is its key: JSON does not show the secret. */
export class Created {
  readonly webhookId: string;
  readonly #secret: string;

  constructor(webhookId: string, secret: string) {
    this.webhookId = webhookId;
    this.#secret = secret;
  }

  /** The secret of a webhook that has just been made; null where the answer of before is repeated. */
  static secretOf(outcome: object): string | null {
    return outcome instanceof Created ? outcome.#secret : null;
  }
}

/** Makes a webhook, which gets the events that are committed from then on. Throws LimitExceeded and NotFound. */
export async function createWebhook(tx: WriteTransaction, { url, kinds, companion }: NewWebhook): Promise<Created> {
  await lock(tx);
  const [row] = await tx.rows<{ count: number }>(
    sql`select count(*)::int as count from ${aliased(w)} where ${w.workspaceId} = ${tx.workspaceId}`,
  );
  const count = (row?.count ?? 0) + 1;
  if (count > MAX_WEBHOOKS) throw new LimitExceeded('Webhooks of a workspace', MAX_WEBHOOKS, count);
  const companionId = companion && (await ensureCompanion(tx, companion));
  const created = new Created(newId(), newSecret());
  const now = await momentIn(tx);
  const values = {
    workspaceId: valueFor(webhooks.workspaceId, tx.workspaceId),
    id: valueFor(webhooks.id, created.webhookId),
    url: valueFor(webhooks.url, url),
    kinds: kinds ? textsAs(kinds, 'event_kind') : sql`null`,
    companionId: valueFor(webhooks.companionId, companionId),
    secret: valueFor(webhooks.secret, Created.secretOf(created) as string),
    createdAt: valueFor(webhooks.createdAt, now),
    failingSince: sql`null`,
    dueAt: valueFor(webhooks.dueAt, now),
    claim: sql`null`,
    claimedUntil: sql`null`,
  };
  await tx.rows(insertSelect(webhooks, values, sql``));
  await noteWhether(tx);
  return created;
}

/** One at a time makes webhooks of a workspace, or deletes one. */
const lock = (tx: WriteTransaction) =>
  tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`webhooks ${tx.workspaceId}`}, 0))`);

/** Notes in the workspace whether it has webhooks. */
const noteWhether = (tx: WriteTransaction) => {
  const has = sql`exists (select from ${aliased(w)} where ${w.workspaceId} = ${tx.workspaceId})`;
  return tx.rows(sql`
    update ${aliased(s)} set ${set(workspaces, { hasWebhooks: has })}
    where ${s.id} = ${tx.workspaceId} and ${s.hasWebhooks} <> ${has}`);
};

/** Deletes a webhook and its deliveries, in batches. Throws NotFound. Returns what does the last of it. */
export async function deleteWebhook(tenant: Tenant, { uuid, given }: GivenId) {
  const found = await write(tenant, (tx) =>
    tx.rows(sql`
      update ${aliased(w)} set ${set(webhooks, { isActive: sql`false` })}
      where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = ${uuid} returning ${names(webhooks, 'id')}`),
  );
  if (found.length === 0) throw new NotFound('webhook', [given]);
  await inBatches(new BatchSize(BATCH), (size, timeoutMs) =>
    write(tenant, (tx) => deleteDeliveries(tx, uuid, size), { timeoutMs }),
  );
  return async (tx: WriteTransaction): Promise<{ deletedId: string }> => {
    await lock(tx);
    await tx.rows(sql`delete from ${aliased(w)} where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = ${uuid}`);
    await noteWhether(tx);
    await emptySuccessesOf(tx, { webhookId: uuid });
    return { deletedId: uuid };
  };
}

async function deleteDeliveries(tx: WriteTransaction, webhookId: string, limit: number): Promise<number> {
  const batch = under(webhookDeliveries, 'batch');
  const gone = await tx.rows(sql`
    delete from ${aliased(d)} where ${d.workspaceId} = ${tx.workspaceId} and ${d.id} = any(array(
      select ${batch.id} from ${aliased(batch)}
      where ${batch.workspaceId} = ${tx.workspaceId} and ${batch.webhookId} = ${webhookId}
      order by ${batch.webhookId}, ${batch.position} limit ${limit}))
    returning 1 as gone`);
  return gone.length;
}

/** What a webhook is when attempts begin again, in place of what there was before. */
export const ready = { failures: sql`0`, failingSince: sql`null`, dueAt: NOW } as const;
