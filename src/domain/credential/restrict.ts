import { sql } from 'drizzle-orm';
import { texts } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, type RowOf, under } from '../../db/typed-sql.ts';
import type { NamedRestriction, Restriction } from '../../kernel/principal.ts';
import { companions } from '../../tables/companion.ts';
import { users } from '../../tables/user.ts';

const c = under(companions, 'c');
const u = under(users, 'u');

const found = fields({ id: c.id, name: c.key });

/** What is in both, where null is everything. */
export const both = (one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null =>
  one === null || other === null ? (one ?? other) : other.filter((id) => one.includes(id));

/** What the names lead to, and those that lead to nothing: a credential restricted to these alone sees nothing. */
export async function resolveRestriction(
  tx: Transaction,
  named: NamedRestriction,
): Promise<{ restriction: Restriction | null; unknown: NamedRestriction }> {
  if (named.companions === null && named.users === null) return { restriction: null, unknown: named };
  const look = async (names: readonly string[] | null, find: (names: readonly string[]) => Promise<Found[]>) => {
    if (names === null) return { ids: null, unknown: null };
    const rows = names.length === 0 ? [] : await find(names);
    const known = new Set(rows.map(({ name }) => name));
    return { ids: rows.map(({ id }) => id), unknown: names.filter((name) => !known.has(name)) };
  };
  const ofCompanions = await look(named.companions, (keys) =>
    tx.rows<Found>(sql`
      select ${found} from ${aliased(c)} where ${c.workspaceId} = ${tx.workspaceId} and ${c.key} = any(${texts(keys)})`),
  );
  const ofUsers = await look(named.users, (externalIds) =>
    tx.rows<Found>(sql`
      select ${fields({ id: u.id, name: u.externalId })} from ${aliased(u)}
      where ${u.workspaceId} = ${tx.workspaceId} and ${u.externalId} = any(${texts(externalIds)})`),
  );
  return {
    restriction: { companions: ofCompanions.ids, users: ofUsers.ids },
    unknown: { companions: ofCompanions.unknown, users: ofUsers.unknown },
  };
}

type Found = RowOf<typeof found>;
