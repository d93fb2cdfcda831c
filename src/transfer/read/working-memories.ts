import { sql } from 'drizzle-orm';
import { all } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, derived, fields, nullable, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { companions } from '../../tables/companion.ts';
import { conversations } from '../../tables/conversation.ts';
import { users } from '../../tables/user.ts';
import { workingMemories, workingMemoriesHistory } from '../../tables/working-memory.ts';
import { PAGE, pages } from './pages.ts';

const c = under(companions, 'c');
const h = under(workingMemoriesHistory, 'h');
const t = under(conversations, 't');
const u = under(users, 'u');
const w = under(workingMemories, 'w');

const ownerFields = fields({
  ...pick(w, 'id', 'scope'),
  companion: c.key,
  user: nullable(u.externalId),
  conversation: nullable(t.externalId),
});
export type WorkingMemoryOwner = RowOf<typeof ownerFields>;

/** Whose working memories there are. */
export const workingMemoryPages = (tx: Transaction): AsyncGenerator<WorkingMemoryOwner[]> =>
  pages(
    tx,
    (last) => sql`
      select ${ownerFields} from ${aliased(w)}
      join ${aliased(c)} on ${c.workspaceId} = ${tx.workspaceId} and ${c.id} = ${w.companionId}
      left join ${aliased(u)} on ${u.workspaceId} = ${tx.workspaceId} and ${u.id} = ${w.userId}
      left join ${aliased(t)} on ${t.workspaceId} = ${tx.workspaceId} and ${t.id} = ${w.conversationId}
      where ${all([sql`${w.workspaceId} = ${tx.workspaceId}`, ...(last ? [sql`${w.id} > ${last.id}::uuid`] : [])])}
      order by ${w.id} limit ${PAGE}`,
  );

const said = ['version', 'content', 'data', 'template', 'schema', 'updatedAt', 'updatedBy'] as const;
const version = derived('version', pick(w, ...said));
const versionFields = fields(version);
export type VersionRow = RowOf<typeof versionFields>;

/** The versions of one, in the order they were written. */
export const versionPages = (tx: Transaction, id: string): AsyncGenerator<VersionRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${versionFields} from (
        select ${fields(pick(h, ...said))} from ${aliased(h)}
        where ${h.workspaceId} = ${tx.workspaceId} and ${h.id} = ${id}::uuid
        union all
        select ${fields(pick(w, ...said))} from ${aliased(w)}
        where ${w.workspaceId} = ${tx.workspaceId} and ${w.id} = ${id}::uuid
      ) version
      where ${last ? sql`${version.version} > ${last.version}` : sql`true`}
      order by ${version.version} limit ${PAGE}`,
  );
