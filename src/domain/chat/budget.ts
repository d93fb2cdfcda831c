import { sql } from 'drizzle-orm';
import { NOW } from '../../db/reading.ts';
import type { Tenant } from '../../db/transaction.ts';
import { aliased, insertSelect, names, set, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { chatUsage } from '../../tables/chat.ts';

const u = under(chatUsage, 'chat_usage');

/** For how many days it is kept what each has used. */
const KEPT_DAYS = 31;

/** Tokens that are set aside for a question that is being asked. */
export interface Held {
  day: number;
  tokens: number;
}

/** No tokens are left today; `opensInMs`: until the next day begins. */
export interface UsedUp {
  opensInMs: number;
}

/**
 * Sets tokens of today aside, where so many are left: at once, so that several servers together use no more than there
 * are. Those that a process has set aside which then died count as used.
 */
export const hold = (tenant: Tenant, tokens: number, dailyTokens: number): Promise<Held | UsedUp> =>
  write(tenant, (tx) =>
    tx.unrestricted(async () => {
      const amount = sql`${String(tokens)}::text::bigint`;
      const most = sql`${String(dailyTokens)}::text::bigint`;
      const insert = insertSelect(
        chatUsage,
        { workspaceId: sql`${tx.workspaceId}`, day: sql`today.day`, tokens: amount },
        sql`from today where ${amount} <= ${most}`,
      );
      const [held] = await tx.rows<{ day: number }>(sql`
        with today as materialized (select floor(extract(epoch from ${NOW}) / 86400)::int as day), old as (
          delete from ${aliased(u)} using today
          where ${u.workspaceId} = ${tx.workspaceId} and ${u.day} < today.day - ${sql.raw(String(KEPT_DAYS))}
        )
        ${insert} on conflict (${names(chatUsage, 'workspaceId', 'day')})
        do update set ${set(chatUsage, { tokens: sql`${u.tokens} + ${amount}` })}
        where ${u.tokens} + ${amount} <= ${most} returning ${u.day} as day`);
      if (held) return { day: held.day, tokens };
      const [row] = await tx.rows<{ left: number }>(sql`
        select (86400 - mod(extract(epoch from ${NOW})::numeric, 86400))::float8 * 1000 as left`);
      return { opensInMs: row?.left ?? 0 };
    }),
  );

/** Says how many of the tokens set aside were used: fewer, or more. */
export const settle = (tenant: Tenant, { day, tokens }: Held, used: number): Promise<unknown> =>
  write(tenant, (tx) =>
    tx.unrestricted(() =>
      tx.rows(sql`
        update ${aliased(u)} set ${set(chatUsage, { tokens: sql`greatest(0, ${u.tokens} + ${String(used - tokens)}::text::bigint)` })}
        where ${u.workspaceId} = ${tx.workspaceId} and ${u.day} = ${day}`),
    ),
  );
