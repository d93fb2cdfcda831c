import type { Session } from './database.ts';
import { FORMER_JOURNAL, formerMigrations, isThere, JOURNAL, knownTables, refuseUnknown } from './migrations.ts';
import { defaultPlace, type Place } from './place.ts';

/**
 * The name that is left there in place of ours: earlier versions refuse a database that has a migration they do not
 * know, instead of making empty tables.
 */
const MOVED = '20261128170928_tables_are_in_a_schema_of_their_own';

/** Earlier versions made their tables in the schema `public`: all that is theirs, in order. */
const FORMER_FUNCTIONS = ['keep_history()', 'keep_postings()', 'refuse_unless_in_use(uuid)'];

/**
 * Moves the tables that an earlier version made in the schema `public` to the schema they belong in, with their types,
 * functions, triggers and indexes, and the note of which migrations were run. Does nothing where there are none, or the
 * schema has tables already. What else is in `public` is another's.
 */
export async function adopt(session: Session, place: Place): Promise<void> {
  if (await isThere(session, `"${place.schema}".${JOURNAL}`)) return;
  const names = await formerMigrations(session);
  if (names.length === 0) return;
  refuseUnknown(names);
  await moveTables(session, place);
  await moveJournal(session, place, names);
}

async function moveTables(session: Session, { schema, role }: Place): Promise<void> {
  const tables = knownTables().map((name) => `'${name}'`);
  const functions = FORMER_FUNCTIONS.map((name) => `'public.${name}'`);
  await session.script(`
    do $$
    declare
      ours constant oid[] := array(
        select c.oid from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and c.relname in (${tables.join(', ')})
          and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant'));
      each record;
    begin
      for each in
        select distinct t.oid::regtype as name from pg_type t join pg_attribute a on a.atttypid = t.oid
        where a.attrelid = any(ours) and t.typtype = 'e' and t.typnamespace = 'public'::regnamespace
      loop
        execute format('alter type %s set schema "${schema}"', each.name);
      end loop;
      for each in select id::regclass as name from unnest(ours) id loop
        execute format('alter table %s set schema "${schema}"', each.name);
      end loop;
      for each in
        select f.oid::regprocedure as name from unnest(array[${functions.join(', ')}]) n
        cross join lateral (select to_regprocedure(n) as oid) f where f.oid is not null
      loop
        execute format('alter function %s set schema "${schema}"', each.name);
      end loop;
    end $$;
    alter default privileges in schema public revoke select, insert, update, delete on tables from ${defaultPlace.role};
    alter default privileges in schema "${schema}" grant select, insert, update, delete on tables to "${role}";
    grant usage on schema "${schema}" to ${defaultPlace.role}, "${role}"`);
}

/** The rows of ours only; the table itself stays, with a note that no earlier version knows. */
async function moveJournal(session: Session, { schema }: Place, names: string[]): Promise<void> {
  const list = names.map((name) => `'${name}'`).join(', ');
  await session.script(`
    create table "${schema}".${JOURNAL} (id serial primary key, hash text not null, created_at bigint, name text,
      applied_at timestamptz default now());
    insert into "${schema}".${JOURNAL} (hash, created_at, name, applied_at)
      select hash, created_at, name, applied_at from ${FORMER_JOURNAL} where name in (${list}) order by id;
    delete from ${FORMER_JOURNAL} where name in (${list});
    insert into ${FORMER_JOURNAL} (hash, created_at, name) values ('', 0, '${MOVED}')`);
}
