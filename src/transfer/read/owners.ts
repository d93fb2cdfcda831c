import { sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { companions } from '../../tables/companion.ts';
import { entities } from '../../tables/entity.ts';
import { users } from '../../tables/user.ts';
import { PAGE, pages } from './pages.ts';

// Companions and users, and the entities a companion has.

const c = under(companions, 'c');
const e = under(entities, 'e');
const u = under(users, 'u');

const companionFields = fields(pick(c, 'id', 'key', 'name', 'description', 'config', 'isActive'));
export type CompanionRow = RowOf<typeof companionFields>;

export const companionPages = (tx: Transaction): AsyncGenerator<CompanionRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${companionFields} from ${aliased(c)}
      where ${all([sql`${c.workspaceId} = ${tx.workspaceId}`, ...(last ? [sql`${c.key} > ${last.key}`] : [])])}
      order by ${c.key} limit ${PAGE}`,
  );

const userFields = fields(pick(u, 'externalId', 'metadata'));
export type UserRow = RowOf<typeof userFields>;

export const userPages = (tx: Transaction): AsyncGenerator<UserRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${userFields} from ${aliased(u)}
      where ${all([
        sql`${u.workspaceId} = ${tx.workspaceId}`,
        ...(last ? [sql`${u.externalId} > ${last.externalId}`] : []),
      ])}
      order by ${u.externalId} limit ${PAGE}`,
  );

const entityFields = fields(pick(e, 'type', 'name', 'foldedName', 'aliases', 'recordedAt'));
export type EntityRow = RowOf<typeof entityFields>;

/** Those of one companion; what was merged into another is an alias of it and no entity. */
export const entityPages = (tx: Transaction, companionId: string): AsyncGenerator<EntityRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${entityFields} from ${aliased(e)}
      where ${all([
        sql`${e.workspaceId} = ${tx.workspaceId}`,
        sql`${e.companionId} = ${companionId}::uuid`,
        sql`${e.mergedInto} is null`,
        ...(last ? [sql`(${e.type}, ${e.foldedName}) > (${last.type}, ${last.foldedName})`] : []),
      ])}
      order by ${e.type}, ${e.foldedName} limit ${PAGE}`,
  );
