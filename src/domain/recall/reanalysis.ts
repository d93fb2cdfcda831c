import { type SQL, sql } from 'drizzle-orm';
import { inBackground, Pace } from '../../db/background.ts';
import type { Tenant, Transaction, WriteTransaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, type RowsOf, recordset, set, under } from '../../db/typed-sql.ts';
import { write } from '../../db/write.ts';
import { Turns } from '../../kernel/turns.ts';
import { nameSearchSql, nameTerms, nameTermsShape } from '../../model/entity/name-terms.ts';
import { dateSql, dateTerms, keptDateSql, searchSql, searchTerms, termsShape } from '../../model/recall/terms.ts';
import { ANALYSIS } from '../../model/text/analysis.ts';
import { entities } from '../../tables/entity.ts';
import { memories } from '../../tables/memory.ts';

const e = under(entities, 'e');
const m = under(memories, 'm');
const due = under(memories, 'due');

/** The most memories that one transaction analyses, and the most bytes after the first memory. */
const CHUNK = 500;
const CHUNK_BYTES = 200_000;
/** Counting stops here: it is done again and again, and must stay cheap. */
const MAX_COUNTED = 100_000;

/** By number, not by parameter: only so the planner knows that the index of what is to be analysed has them all. */
const isDue = (rows: { analysis: SQL }): SQL => sql`${rows.analysis} < ${sql.raw(String(ANALYSIS))}`;

const read = fields(pick(m, 'id', 'content', 'summary', 'validFrom'));
const givenShape = { ...pick(memories, 'id'), ...termsShape };

/**
 * Analyses again what an earlier version of the service analysed, in small steps, in the background. Each memory notes
 * its version, so that any process can continue where another stopped. Nothing that a reader sees of a memory changes.
 */
export class Reanalysis {
  readonly #tenant: Tenant;
  readonly #pace = new Pace(5, CHUNK);
  readonly #namesPace = new Pace(5, CHUNK);

  constructor(tenant: Tenant) {
    this.#tenant = { ...tenant, database: inBackground(tenant.database) };
  }

  /** Analyses the next memories and returns how many: 0 if none is left, or if those left are being changed. */
  step(): Promise<number> {
    return this.#inPace(this.#pace, analyseAnew);
  }

  /** The same of the names of entities. */
  namesStep(): Promise<number> {
    return this.#inPace(this.#namesPace, analyseNamesAnew);
  }

  /** How many memories are left; at most 100,000 are counted. */
  left(): Promise<number> {
    return write(this.#tenant, countUnanalysed);
  }

  #inPace(pace: Pace, analyse: (tx: WriteTransaction, rows: number) => Promise<number>): Promise<number> {
    const rows = pace.size;
    return write(this.#tenant, (tx) =>
      pace.measure(
        () => analyse(tx, rows),
        (done) => done,
      ),
    );
  }
}

async function analyseAnew(tx: WriteTransaction, rows: number): Promise<number> {
  const found = await tx.rows<RowOf<typeof read>>(sql`
    select ${read} from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${isDue(m)} and ${m.id} = any(array(
      select id from (
        select id, sum(bytes) over (order by id) - bytes as before from (
          select ${due.id}, octet_length(${due.content}) as bytes from ${aliased(due)}
          where ${due.workspaceId} = ${tx.workspaceId} and ${isDue(due)} order by ${due.id} limit ${rows}) next
      ) measured where before < ${sql.raw(String(CHUNK_BYTES))}))
    order by ${m.id} for update skip locked`);
  if (found.length === 0) return 0;
  const turns = new Turns();
  const analysed: RowsOf<typeof givenShape>[] = [];
  for (const { id, content, summary, validFrom } of found) {
    const terms = await searchTerms(content, summary, tx.textSearchConfig, turns);
    // The offset it was given with is not stored, unless the first analysis has noted it.
    analysed.push({ id, ...terms, ...dateTerms(validFrom, 0, tx.textSearchConfig) });
  }
  const given = recordset('given', givenShape, analysed);
  const search = searchSql({
    ...given,
    ...pick(m, 'content', 'summary', 'context'),
    date: keptDateSql(m, dateSql(given)),
  });
  const values = { search, analysis: sql.raw(String(ANALYSIS)) };
  await tx.rows(sql`
    update ${aliased(m)} set ${set(memories, values)}
    from ${aliased(given)} where ${m.workspaceId} = ${tx.workspaceId} and ${m.id} = ${given.id}`);
  return found.length;
}

const nameShape = { ...pick(entities, 'id', 'name'), ...nameTermsShape };

async function analyseNamesAnew(tx: WriteTransaction, rows: number): Promise<number> {
  const found = await tx.rows<Pick<RowsOf<typeof nameShape>, 'id' | 'name'>>(sql`
    select ${fields(pick(e, 'id', 'name'))} from ${aliased(e)} where ${e.workspaceId} = ${tx.workspaceId} and ${isDue(e)}
    order by ${e.id} limit ${rows} for update skip locked`);
  if (found.length === 0) return 0;
  const turns = new Turns();
  const analysed: RowsOf<typeof nameShape>[] = [];
  for (const entity of found) {
    analysed.push({ ...entity, ...(await nameTerms(entity.name, tx.textSearchConfig, turns)) });
  }
  const given = recordset('given', nameShape, analysed);
  const values = { search: nameSearchSql(given), analysis: sql.raw(String(ANALYSIS)) };
  await tx.rows(sql`
    update ${aliased(e)} set ${set(entities, values)}
    from ${aliased(given)} where ${e.workspaceId} = ${tx.workspaceId} and ${e.id} = ${given.id}`);
  return found.length;
}

/** How many memories were analysed by an earlier version; at most 100,000 are counted. */
export async function countUnanalysed(tx: Transaction): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from (
      select from ${aliased(m)} where ${m.workspaceId} = ${tx.workspaceId} and ${isDue(m)}
      limit ${sql.raw(String(MAX_COUNTED))}) m`);
  return row?.count ?? 0;
}
