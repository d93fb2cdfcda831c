import { sql } from 'drizzle-orm';
import { uuids } from '../db/sql.ts';
import type { WriteTransaction } from '../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../db/typed-sql.ts';
import { ensureCompanion } from '../domain/companion/companions.ts';
import { mention } from '../domain/entity/mention.ts';
import { createMemories } from '../domain/memory/create.ts';
import { foldContent } from '../model/memory/fold.ts';
import { memories } from '../tables/memory.ts';
import type { Counts } from './counts.ts';
import { LineProblem, type MemoryItem, type Numbered } from './format/items.ts';

const m = under(memories, 'm');

type Memories = readonly Numbered<MemoryItem>[];

/**
 * Makes the memories of one companion that are not there, by their key or by what they say; adds to `redirects` those
 * that another one stands for.
 */
export async function applyMemories(
  tx: WriteTransaction,
  companion: string,
  given: Memories,
  counts: Counts,
  redirects: Map<string, string>,
): Promise<void> {
  refuseFuture(given, await tx.stamp());
  const distinct = new Map<string, Numbered<MemoryItem>>();
  for (const each of given) {
    const first = distinct.get(each.item.memory.past.id);
    if (!first) distinct.set(each.item.memory.past.id, each);
    else if (fold(first) !== fold(each)) throw otherContent(each);
  }
  const items = [...distinct.values()];
  const created = await createMemories(
    tx,
    { key: companion },
    items.map(({ item }) => item.memory),
    () => [],
  );
  const there = items.filter(
    (each, index) => created[index]?.id === each.item.memory.past.id && created[index]?.duplicate,
  );
  await refuseOtherContent(tx, there);
  // What says the same as a memory there is stands for it: relations of the one lead to the other, and so do mentions.
  const mentions = created.flatMap(({ id }, index) => {
    const { past, entities } = (items[index] as Numbered<MemoryItem>).item.memory;
    if (id === past.id) return [];
    redirects.set(past.id, id);
    return (entities ?? []).map((entity) => ({ ...entity, memoryId: id }));
  });
  if (mentions.length > 0) await mention(tx, await ensureCompanion(tx, { key: companion }), mentions);
  const made = created.filter(({ duplicate }) => !duplicate).length;
  counts.add('memory', true, made);
  counts.add('memory', false, given.length - made);
}

const fold = ({ item }: Numbered<MemoryItem>) => foldContent(item.memory.content);

const otherContent = ({ line, item }: Numbered<MemoryItem>) =>
  new LineProblem(
    line,
    `The memory ${JSON.stringify(item.id)} exists already with another content. An id names one ` +
      `memory of the whole workspace: give this one another id.`,
  );

const folded = fields(pick(m, 'id', 'contentFold'));

/** Content never changes, so a memory of this key that says something else is another one. */
async function refuseOtherContent(tx: WriteTransaction, given: Memories): Promise<void> {
  if (given.length === 0) return;
  const rows = await tx.rows<RowOf<typeof folded>>(sql`
    select ${folded} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId}
      and ${m.id} = any(${uuids(given.map(({ item }) => item.memory.past.id))})`);
  const folds = new Map(rows.map((row) => [row.id, row.contentFold]));
  const other = given.find((each) => folds.get(each.item.memory.past.id) !== fold(each));
  if (other) throw otherContent(other);
}

const pastMoments = ['recordedAt', 'importanceAsOf', 'lastAccessedAt', 'archivedAt'] as const;

function refuseFuture(memories: Memories, now: Date): void {
  for (const { line, item } of memories) {
    for (const field of pastMoments) {
      const moment = item.memory.past[field];
      if (moment && moment > now) {
        throw new LineProblem(
          line,
          `${field}: ${moment.toISOString()} is in the future; now it is ${now.toISOString()}.`,
        );
      }
    }
  }
}
