import { sql } from 'drizzle-orm';
import type { Reading } from '../../db/reading.ts';
import { uuids } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { parseId } from '../../kernel/ids.ts';
import type { Source } from '../../model/answer/verify.ts';
import { messages } from '../../tables/conversation.ts';
import type { Context } from '../context/context.ts';
import { memoriesById } from '../memory/read.ts';

const g = under(messages, 'g');
const saidAs = fields(pick(g, 'id', 'memoryId'));

const read = new Set(['content', 'summary'] as const);

/**
 * What can be quoted of the ids that an answer cites, by id: of those that the context has shown, the memories, and the
 * messages that became memories. What has been forgotten meanwhile is left out. In at most two statements.
 */
export async function sourcesOf(
  tx: Transaction,
  reading: Reading,
  { sections }: Pick<Context, 'sections'>,
  ids: readonly string[],
): Promise<Map<string, Source>> {
  const shown = new Set(sections.flatMap(({ memories, messages: said }) => [...memories, ...said]));
  const cited = ids.flatMap((id) => {
    const parsed = parseId(id);
    return parsed && shown.has(parsed.uuid) ? [{ id, ...parsed }] : [];
  });
  const said = cited.filter(({ type }) => type === 'Message').map(({ uuid }) => uuid);
  const remembered = await rememberedAs(tx, said);
  const memoryOf = new Map(
    cited.flatMap(({ id, type, uuid }) => {
      const memoryId = type === 'Message' ? remembered.get(uuid) : uuid;
      return memoryId ? [[id, memoryId] as const] : [];
    }),
  );
  if (memoryOf.size === 0) return new Map();
  const found = await memoriesById(tx, reading, [...new Set(memoryOf.values())], read);
  return new Map(
    [...memoryOf].flatMap(([id, memoryId]) => {
      const memory = found.get(memoryId);
      if (!memory) return [];
      const { content, summary } = memory;
      return [[id, { memoryId, texts: summary === null ? [content] : [content, summary] }] as const];
    }),
  );
}

/** The memories that messages became, by the keys of these. */
async function rememberedAs(tx: Transaction, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.rows<RowOf<typeof saidAs>>(sql`
    select ${saidAs} from ${aliased(g)}
    where ${g.workspaceId} = ${tx.workspaceId} and ${g.id} = any(${uuids(ids)}) and ${g.memoryId} is not null`);
  return new Map(rows.map(({ id, memoryId }) => [id, memoryId as string]));
}
