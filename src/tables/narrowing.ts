import { getColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { type Allowed, byParameters, COMPANIONS, type Rules, USERS } from '../db/restricted-policies.ts';
import type { Narrowing } from '../db/transaction.ts';
import type { Restriction } from '../kernel/principal.ts';
import * as tables from './all.ts';
import { all, needs, rules } from './restriction.ts';

// The conditions of statements for restricted credentials, in one place: each table that a read names is replaced by a
// common table of the same name, which has the rows that are seen. The planner reads through it.

/** Statements that write or lock. What they touch has been found by reads before, and row-level security holds. */
const WRITES = /\b(?:insert into|delete from|update)\b/i;

const narrowed = Object.keys(rules).filter((table) => rules[table]?.read !== all);

const columnsOf = new Map<string, string[]>(
  Object.values(tables)
    .filter((table) => is(table, PgTable))
    .map((table) => [getTableName(table), Object.values(getColumns(table as PgTable)).map(({ name }) => name)]),
);

/** The names of what was merged into an entity, as far as memories that are seen use them. */
const seenAliases = (table: string): string =>
  `coalesce((select jsonb_agg(distinct r.name order by r.name) from entities r ` +
  `where r.workspace_id = ${table}.workspace_id and r.merged_into = ${table}.id and r.name <> ${table}.name ` +
  `and exists (select from mentions x where x.workspace_id = r.workspace_id and x.entity_id = r.id offset 0)), '[]')` +
  ` as aliases`;

function seenRows(table: string, allowed: Allowed): string {
  const hasAliases = allowed.everyUser === 'false' && /^entities/.test(table);
  const columns = hasAliases
    ? columnsOf.get(table)?.map((name) => (name === 'aliases' ? seenAliases(table) : `${table}.${name}`))
    : ['*'];
  return `select ${columns?.join(', ')} from ${table} where ${(rules[table] as Rules).read(allowed)}`;
}

/** A restriction as transactions take it; `whole` are tables that are read as they are. */
export function narrowingOf(restriction: Restriction, whole: readonly string[] = []): Narrowing {
  const [companions, users] = [restriction.companions, restriction.users].map((ids) => ids && [...ids]) as [
    string[] | null,
    string[] | null,
  ];
  const tables = narrowed.filter((table) => !whole.includes(table));
  const allowed = byParameters(companions !== null, users !== null);
  const lists = [
    [COMPANIONS, companions],
    [USERS, users],
  ] as const;
  return {
    ...restriction,
    companions,
    users,
    admit: (what, id) => void { companions, users }[what]?.push(id),
    narrow(text, params) {
      const named = new Set(text.match(/\b[a-z_]+\b/g));
      const wanted = new Set(
        tables.filter((table) => named.has(table)).flatMap((table) => [...(needs[table] ?? []), table]),
      );
      if (wanted.size === 0 || WRITES.test(text)) return { text, params: [...params] };
      let shadows = tables
        .filter((table) => wanted.has(table))
        .map((table) => `${table} as not materialized (${seenRows(table, allowed)})`)
        .join(', ');
      const given = [...params];
      for (const [name, ids] of lists) {
        if (!shadows.includes(name)) continue;
        given.push(`{${ids?.join(',') ?? ''}}`);
        shadows = shadows.replaceAll(name, `$${given.length}`);
      }
      // A statement has one list of common tables.
      const rest = /^\s*with\b/i.test(text) ? `select * from (${text}) narrowed` : text;
      return { text: `with ${shadows} ${rest}`, params: given };
    },
  };
}
