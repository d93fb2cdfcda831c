import { isDeepStrictEqual } from 'node:util';
import { type InferSelectModel, sql } from 'drizzle-orm';
import { moment, uuids } from '../../db/sql.ts';
import type { WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, type RowsOf, recordset, set, under } from '../../db/typed-sql.ts';
import { offsetOf } from '../../kernel/date-time.ts';
import { Turns } from '../../kernel/turns.ts';
import { dateSql, dateTerms, sameDateSql, searchSql, searchTerms, termsShape } from '../../model/recall/terms.ts';
import { entities, mentions } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';
import { latest } from '../belief/lock.ts';
import { openTimeLines } from '../belief/open-time-lines.ts';
import { settle } from '../belief/settle.ts';
import { entityKey, type MentionedEntity } from '../entity/mention.ts';
import { type NewEvent, noteEvents } from '../event/record.ts';
import type { NewMemory } from './new-memory.ts';

// What a memory that says the same as another brings along: the other takes it over, or the answer says that it did not.

type Stored = InferSelectModel<typeof memories>;

/** What is said about a memory besides its content. */
export interface Said extends Pick<Stored, 'summary' | 'context' | 'expiresAt' | 'importance' | 'confidence'> {
  /** When it became true. */
  from: Date;
  /** When it stops being true, as stated. */
  until: Date | null;
  entities: readonly Pick<MentionedEntity, 'type' | 'name'>[];
}

/** A field of the input of createMemory. */
export type BroughtField = (typeof broughtFields)[number];
const broughtFields = [
  'summary',
  'context',
  'entities',
  'validFrom',
  'validUntil',
  'expiresAt',
  'importance',
  'confidence',
] as const;

/** What became of what a duplicate brought along: by the names of the fields of its input. */
export interface Merge {
  /** Taken over by the memory there is. */
  merged: BroughtField[];
  /** Not taken over: the memory there is says something else, and keeps it. */
  ignored: BroughtField[];
}

/** What is new has nothing to merge with. */
export const nothingMerged: Merge = { merged: [], ignored: [] };

/** The defaults of the input: a value like these may not have been given at all. */
const usual = { importance: 5, confidence: 1 };

/**
 * What a memory says after the same has been said again, and which fields that changed or left. A summary and a later
 * expiry are taken over where there is none, or an earlier one; of a context the keys that are new; entities are added;
 * the start moves to the earlier one, the end to the one stated last. Its vector stays: the content is the same.
 */
export function mergeSaid(said: Said, again: NewMemory & { from: Date }): Merge & { said: Said } {
  const merged = new Set<BroughtField>();
  const ignored = new Set<BroughtField>();
  const after = { ...said };
  if (again.summary != null && again.summary !== said.summary) {
    if (said.summary === null) {
      after.summary = again.summary;
      merged.add('summary');
    } else ignored.add('summary');
  }
  for (const [key, value] of Object.entries(again.context ?? {})) {
    if (!Object.hasOwn(said.context, key)) {
      after.context = { ...after.context, [key]: value };
      merged.add('context');
    } else if (!isDeepStrictEqual(said.context[key], value)) ignored.add('context');
  }
  const mentioned = new Set(said.entities.map(entityKey));
  const added = (again.entities ?? []).filter((entity) => !mentioned.has(entityKey(entity)));
  if (added.length > 0) {
    after.entities = [...said.entities, ...added];
    merged.add('entities');
  }
  if (again.from < said.from) {
    after.from = again.from;
    merged.add('validFrom');
  }
  if (again.validUntil && again.validUntil.getTime() !== said.until?.getTime()) {
    after.until = again.validUntil;
    merged.add('validUntil');
  }
  if (again.expiresAt && again.expiresAt.getTime() !== said.expiresAt?.getTime()) {
    if (said.expiresAt && again.expiresAt > said.expiresAt) {
      after.expiresAt = again.expiresAt;
      merged.add('expiresAt');
    } else ignored.add('expiresAt');
  }
  for (const name of ['importance', 'confidence'] as const) {
    if (again[name] !== said[name] && again[name] !== usual[name]) ignored.add(name);
  }
  const inOrder = (names: Set<BroughtField>) => broughtFields.filter((name) => names.has(name));
  return { said: after, merged: inOrder(merged), ignored: inOrder(ignored) };
}

/** Whether it may bring anything along that the memory there is lacks. */
export const bringsMore = (again: NewMemory): boolean =>
  again.summary != null ||
  Object.keys(again.context ?? {}).length > 0 ||
  (again.entities ?? []).length > 0 ||
  again.validUntil != null ||
  again.expiresAt != null ||
  again.importance !== usual.importance ||
  again.confidence !== usual.confidence;

const e = under(entities, 'e');
const m = under(memories, 'm');
const x = under(mentions, 'x');

const locked = fields({
  ...pick(m, 'id', 'lineageId', 'content', 'summary', 'context', 'expiresAt', 'importance', 'confidence', 'knownFrom'),
  from: m.validFrom,
  until: m.statedUntil,
});

const named = fields({ memoryId: x.memoryId, type: e.type, name: e.name });

/** What a duplicate says again of a memory there is. */
export interface SaidAgain {
  memoryId: string;
  lineageId: string;
  again: NewMemory & { from: Date };
}

/**
 * Lets memories take over what duplicates bring along, in the order given, and says what became of it. In a constant
 * number of statements.
 */
export async function mergeDuplicates(tx: WriteTransaction, given: readonly SaidAgain[]): Promise<Merge[]> {
  if (given.length === 0) return [];
  const ids = [...new Set(given.map(({ memoryId }) => memoryId))];
  const timeLines = await openTimeLines(tx, [...new Set(given.map(({ lineageId }) => lineageId))]);
  const rows = await tx.rows<RowOf<typeof locked>>(sql`
    select ${locked} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = any(${uuids(ids)})
    order by ${m.id} for update`);
  const mentioned = await tx.rows<RowOf<typeof named>>(sql`
    select ${named} from ${aliased(x)}
    join ${aliased(e)} on ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = ${x.entityId}
    where ${x.workspaceId} = ${tx.workspaceId} and ${x.memoryId} = any(${uuids(ids)})`);
  const entitiesOf = Map.groupBy(mentioned, ({ memoryId }) => memoryId);
  const before = new Map(
    rows.map((row) => [row.id, { row, said: { ...row, entities: entitiesOf.get(row.id) ?? [] } }]),
  );
  const after = new Map<string, Said>();
  const merges = given.map(({ memoryId, again }): Merge => {
    const said = after.get(memoryId) ?? before.get(memoryId)?.said;
    if (!said) throw new Error(`no memory ${memoryId}`);
    const { said: next, ...merge } = mergeSaid(said, again);
    if (merge.merged.length > 0) after.set(memoryId, next);
    return merge;
  });
  if (after.size === 0) return merges;
  const changed = [...after].map(([id, said]) => ({ ...(before.get(id) as { row: Locked; said: Said }), after: said }));
  await write(tx, changed);
  for (const { row, after: said } of changed) {
    const version = timeLines.versions.get(row.id);
    if (version) Object.assign(version, { start: said.from.getTime(), statedUntil: said.until?.getTime() ?? null });
  }
  timeLines.changed();
  await settle(tx, timeLines);
  return merges;
}

type Locked = RowOf<typeof locked>;
interface Changed {
  row: Locked;
  said: Said;
  after: Said;
}

const shape = {
  ...pick(memories, 'id', 'summary', 'context', 'expiresAt', 'validFrom', 'statedUntil'),
  ...termsShape,
};

async function write(tx: WriteTransaction, changed: readonly Changed[]): Promise<void> {
  const stamp = await tx.stamp(latest(changed.map(({ row }) => row)));
  const turns = new Turns();
  const rows: RowsOf<typeof shape>[] = [];
  for (const { row, after } of changed) {
    rows.push({
      id: row.id,
      summary: after.summary,
      context: after.context,
      expiresAt: after.expiresAt,
      validFrom: after.from,
      statedUntil: after.until,
      ...(await searchTerms(row.content, after.summary, tx.textSearchConfig, turns)),
      ...dateTerms(after.from, offsetOf(after.from), tx.textSearchConfig),
    });
  }
  const given = recordset('given', shape, rows);
  const { id } = given;
  const columns = pick(given, 'summary', 'context', 'expiresAt', 'validFrom', 'statedUntil');
  const date = sql`case when ${given.validFrom} = ${m.validFrom} then ${sameDateSql(m.search)} else ${dateSql(given)} end`;
  const search = searchSql({ ...given, content: m.content, date });
  await tx.rows(sql`
    update ${aliased(m)} set ${set(memories, { ...columns, search, updatedAt: moment(stamp) })}
    from ${aliased(given)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${id}`);
  noteEvents(tx, changed.map(updated));
}

const shown = ({ from, until, entities: named, ...rest }: Said) => ({
  summary: rest.summary,
  context: rest.context,
  expiresAt: rest.expiresAt,
  validFrom: from,
  validUntil: until,
  entities: named.map(({ type, name }) => ({ type, name })),
});

function updated({ row, said, after }: Changed): NewEvent {
  const [from, to] = [shown(said), shown(after)];
  const names = Object.keys(to) as (keyof typeof to)[];
  const changes = names.filter((name) => !isDeepStrictEqual(from[name], to[name]));
  return {
    kind: 'UPDATED',
    memoryId: row.id,
    changes: Object.fromEntries(changes.map((name) => [name, { from: from[name], to: to[name] }])),
  };
}
