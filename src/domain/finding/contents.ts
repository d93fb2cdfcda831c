import { type SQL, sql } from 'drizzle-orm';
import { uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { runsOf } from '../../kernel/turns.ts';
import { memories } from '../../tables/memory.ts';

/** Longer contents than so many bytes are no candidates: what is compared has at most 6,000 characters beside its code. */
export const MOST_COMPARED = 16 * 1024;
/** How many bytes of contents are read at once. */
const MOST_READ = 2 * 1024 * 1024;

const m = under(memories, 'm');

/** Contents of at most so many bytes come with their keys, so that most writes need no second statement. */
const SHORT = 1_000;

/** How many bytes the content has, and the content itself: null where it is long and those of many are read. */
export const contentColumns = ({ content }: { content: SQL<string> }, isWithContent: boolean) => ({
  bytes: sql<number>`octet_length(${content})`,
  content: sql<string | null>`${
    isWithContent ? content : sql`case when octet_length(${content}) <= ${sql.raw(String(SHORT))} then ${content} end`
  }`,
});

interface Candidate {
  id: string;
  bytes: number;
  content: string | null;
}

const read = fields(pick(m, 'id', 'content'));

/** Candidates with their content, those of one memory together: what was not read with their keys is read in portions. */
export async function* withContents<C extends Candidate>(
  tx: WriteTransaction,
  candidates: readonly C[],
): AsyncGenerator<[same: [C, ...C[]], content: string]> {
  const all = [...Map.groupBy(candidates, ({ id }) => id).values()] as [C, ...C[]][];
  for (const same of all) if (same[0].content !== null) yield [same, same[0].content];
  const unread = all.filter(([{ content }]) => content === null);
  for (const portion of runsOf(unread, MOST_READ, ([{ bytes }]) => bytes)) {
    const byId = new Map(portion.map((same) => [same[0].id, same]));
    const rows = await tx.rows<RowOf<typeof read>>(sql`
      select ${read} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids([...byId.keys()])})`);
    for (const { id, content } of rows) yield [byId.get(id) as [C, ...C[]], content];
  }
}
