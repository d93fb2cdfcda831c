import type { SQL } from 'drizzle-orm';
import type { LRUCache } from 'lru-cache';
import type { Reading } from '../../db/reading.ts';
import { fill, type Made, make, withOneWorkspace } from '../../db/sql.ts';
import type { Transaction } from '../../db/transaction.ts';
import { inTurns } from '../../kernel/turns.ts';
import type { MemoryList } from '../memory/list.ts';
import { namesCompanionToFind, withKnownCompanion } from '../memory/list.ts';
import { foundKey, foundValues, objectsSql } from './objects.ts';
import type { Asked, Found, ListPart, Part } from './plan.ts';
import { listCountSql, listSql } from './statement.ts';

/** The statements that were made for one part of an operation, by what else they depend on. */
export type Statements = LRUCache<string, Made>;

/** A row has so much in it that it is to be read in another way, piece by piece. */
export class RowTooLarge extends Error {
  override name = 'RowTooLarge';
}

/** Where a statement is run: a transaction, or a view that has this statement alone. */
type View = Pick<Transaction, 'workspaceId' | 'rows'>;

/** Cursors and their moments differ from request to request: what has them is made each time. */
function keyOf(name: string, reading: Reading | undefined, asked: readonly Asked[]): string | undefined {
  if (asked.some(({ window: { after, before, asOf } }) => after || before || asOf)) return undefined;
  return JSON.stringify([name, reading?.key, asked.map((each) => [each.reading.key, each.given, each.window])]);
}

function statementFor({ workspaceId }: View, statements: Statements, key: string | undefined, build: () => SQL): Made {
  // A value that is the workspace's own key would become that of the next one.
  const kept = key?.includes(workspaceId) ? undefined : key;
  const known = kept === undefined ? undefined : statements.get(kept);
  if (known) return known;
  const made = withOneWorkspace(make(workspaceId, build));
  if (kept !== undefined) statements.set(kept, made);
  return made;
}

/** The rows that a statement answers as JSON. Throws RowTooLarge. */
async function rowsOf(view: View, statement: SQL): Promise<unknown[][]> {
  const rows = await view.rows<{ row: string | null }>(statement);
  const texts = rows.map(({ row }) => {
    if (row === null) throw new RowTooLarge();
    return row;
  });
  return inTurns(texts, (text) => JSON.parse(text) as unknown[]);
}

/** Whether {@link readList} takes one statement. */
export const isOneStatement = ({ name }: ListPart, { given }: Asked, isCounted: boolean): boolean =>
  !isCounted && (name !== 'memories' || !namesCompanionToFind(given as MemoryList));

/** The values of objects, by their keys, in one statement. Those unknown at the reading's point are left out. Throws RowTooLarge. */
export async function readObjects(
  view: View,
  statements: Statements,
  reading: Reading,
  found: Found,
  parts: readonly Part[],
  asked: readonly Asked[],
): Promise<Map<string, unknown[]>> {
  const key = keyOf(foundKey(found), reading, asked);
  const made = statementFor(view, statements, key, () => objectsSql(found, parts, reading, asked));
  const rows = await rowsOf(view, fill(made, view.workspaceId, foundValues(found)));
  return new Map(rows.map(([id, ...rest]) => [id as string, rest]));
}

/**
 * The rows of a list of the workspace, and how many it has where that is asked, each by one statement, in
 * `view`; who it is of is looked up in `tx` where that takes another. Throws RowTooLarge.
 */
export async function readList(
  tx: Transaction,
  view: View,
  statements: Statements,
  list: ListPart,
  asked: readonly Asked[],
  isCounted: boolean,
): Promise<{ rows: unknown[][]; count: number | undefined }> {
  const own = asked[list.list] as Asked;
  const given = list.name === 'memories' ? await withKnownCompanion(tx, own.given as MemoryList) : own.given;
  const all = asked.with(list.list, { ...own, given });
  const made = statementFor(tx, statements, keyOf('list', undefined, all), () => listSql(list, all));
  const counting = isCounted
    ? tx.rows<{ count: number }>(
        fill(
          statementFor(tx, statements, keyOf('count', undefined, [own]), () => listCountSql(list, asked)),
          tx.workspaceId,
          {},
        ),
      )
    : undefined;
  const [rows, counts] = await Promise.all([rowsOf(view, fill(made, tx.workspaceId, {})), counting]);
  return { rows, count: counts?.[0]?.count };
}
