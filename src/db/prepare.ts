import { DatabaseUnavailable, type Row, type Session } from './database.ts';
import { type Place, restricted, vectorSchema } from './place.ts';

/** Who connects, as SQL names them, and what they find. */
export interface Start {
  user: string;
  /** Whether the application's role was there before. */
  hasRole: boolean;
  /** Which of the application's roles were there before. */
  roles: string[];
  /** Whether the user may switch to it. */
  mayTakeRole: boolean;
  hasSchema: boolean;
  hasVector: boolean;
  /** The schema that pgvector is in, or will be. */
  vectorSchema: string;
  /** PostgreSQL's, the major. */
  version: number;
  database: string;
  encoding: string;
  isReadOnly: boolean;
  isStandby: boolean;
}

export async function look(session: Session, { schema, role }: Place): Promise<Start> {
  // PostgreSQL 16 tells being a member from what that allows; before, a member may switch.
  const may = (right: string) => `pg_has_role(current_user, oid, '${right}')`;
  const [found] = await session.script(
    `select quote_ident(current_user) as user, role.oid is not null as "hasRole",
       (select coalesce(json_agg(rolname), '[]') from pg_roles where rolname in ('${role}', '${restricted(role)}')) as roles,
       current_setting('server_version_num')::int / 10000 as version, quote_ident(current_database()) as database,
       coalesce(case when current_setting('server_version_num')::int < 160000 then ${may('member')} else ${may('set')} end, false)
         as "mayTakeRole",
       exists (select from pg_namespace where nspname = '${schema}') as "hasSchema",
       exists (select from pg_extension where extname = 'vector') as "hasVector", ${vectorSchema(schema)} as "vectorSchema",
       pg_encoding_to_char((select encoding from pg_database where datname = current_database())) as encoding,
       current_setting('transaction_read_only') = 'on' as "isReadOnly", pg_is_in_recovery() as "isStandby"
     from (select (select oid from pg_roles where rolname = '${role}') as oid) as role`,
  );
  return found as Start;
}

/** Throws {@link DatabaseUnavailable} where the database is of a kind that cannot be used. */
export function refuseUnusable({ database, encoding, isReadOnly, isStandby, user }: Start): void {
  if (encoding !== 'UTF8') {
    throw new DatabaseUnavailable(
      `The database ${database} is encoded in ${encoding}, which cannot hold all text: make another with ` +
        `CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'; and let DATABASE_URL name that.`,
    );
  }
  if (!isReadOnly) return;
  const why = isStandby
    ? 'it is a standby: let DATABASE_URL lead to the primary; where it names several hosts, add target_session_attrs=read-write'
    : `default_transaction_read_only is on: have an administrator run ALTER ROLE ${user} IN DATABASE ${database} ` +
      `SET default_transaction_read_only = off;`;
  // A standby may be promoted while it is waited for.
  const cause = Object.assign(new Error('read-only'), { code: '25006' });
  throw new DatabaseUnavailable(`The database ${database} can only be read, as ${why}`, { cause });
}

/** Makes what the migrations need and is not there: the schema, the role, and pgvector. */
export async function prepare(session: Session, { schema, role }: Place, start: Start): Promise<void> {
  if (!start.hasSchema) await session.script(`create schema if not exists "${schema}"`);
  if (!start.hasRole) {
    await session.script(`
      do $$ begin
        create role "${role}" nologin;
      exception when duplicate_object or unique_violation then null; -- another installation has just made it
      end $$`);
  }
  // Who may not, reads so when trying to take it on.
  if (!start.mayTakeRole) await attempt(session, `grant "${role}" to current_user`);
  if (!start.hasVector) await session.script(`create extension if not exists vector schema "${start.vectorSchema}"`);
}

/** Lets the roles of requests use the types and operators of pgvector, where not everybody may. */
export async function letUseVector(session: Session, { schema }: Place, { vectorSchema: where }: Start): Promise<void> {
  const roles = (await session.script(
    `select distinct r.rolname as name from pg_policy p join pg_class c on c.oid = p.polrelid
       join pg_roles r on r.oid = any(p.polroles)
     where c.relnamespace = '${schema}'::regnamespace and not has_schema_privilege(r.oid, '${where}', 'usage')`,
  )) as { name: string }[];
  for (const { name } of roles) await session.script(`grant usage on schema "${where}" to "${name}"`);
}

/** Runs a statement that may fail: then nothing is done. */
async function attempt(session: Session, statement: string): Promise<void> {
  await session.script('savepoint attempt');
  try {
    await session.script(statement);
  } catch {
    await session.script('rollback to savepoint attempt');
  }
}

/**
 * Gives the tables to the roles of an installation where they have been another's: where the setting was changed, or an
 * earlier version made them, which had one name. Policies, their conditions and rights go over from each former role to
 * the one of the same kind.
 */
export async function handOver(session: Session, { schema, role }: Place): Promise<void> {
  const [found] = (await session.script(
    `select (select rolname from pg_roles where oid = polroles[1]) as role from pg_policy
     where polrelid = '"${schema}".workspaces'::regclass and polname = 'tenant'`,
  )) as Row[];
  const former = String(found?.role ?? role);
  if (former === role) return;
  await handOverRole(session, schema, former, role);
  await handOverRole(session, schema, restricted(former), restricted(role));
}

async function handOverRole(session: Session, schema: string, from: string, to: string): Promise<void> {
  await session.script(`
    do $$
    declare
      old constant oid := (select oid from pg_roles where rolname = '${from}');
      each record;
    begin
      if old is null then return; end if;
      if not exists (select from pg_roles where rolname = '${to}') then
        create role "${to}" nologin;
        grant "${to}" to current_user;
      end if;
      for each in
        select polname, polrelid::regclass as t, pg_get_expr(polqual, polrelid) as qual, pg_get_expr(polwithcheck, polrelid) as checked,
          (select string_agg(quote_ident(case r.oid when old then '${to}' else rolname end), ', ') from pg_roles r
           where r.oid = any(polroles)) as roles, old = any(polroles) as is_theirs
        from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = '${schema}'::regnamespace
      loop
        if each.is_theirs then execute format('alter policy %I on %s to %s', each.polname, each.t, each.roles); end if;
        if strpos(each.qual, '''${from}''') > 0 then
          execute format('alter policy %I on %s using (%s)', each.polname, each.t, replace(each.qual, '''${from}''', '''${to}'''));
        end if;
        if strpos(each.checked, '''${from}''') > 0 then
          execute format('alter policy %I on %s with check (%s)', each.polname, each.t, replace(each.checked, '''${from}''', '''${to}'''));
        end if;
      end loop;
      for each in
        select a.privilege_type as privilege, format('table %s', c.oid::regclass) as what
        from pg_class c cross join aclexplode(c.relacl) a
        where c.relnamespace = '${schema}'::regnamespace and c.relkind = 'r' and a.grantee = old
        union all
        select a.privilege_type, format('schema %I', nspname) from pg_namespace cross join aclexplode(nspacl) a
        where nspname = '${schema}' and a.grantee = old
        union all
        select a.privilege_type, format('function %s', f.oid::regprocedure) from pg_proc f cross join aclexplode(f.proacl) a
        where f.pronamespace = '${schema}'::regnamespace and a.grantee = old
      loop
        execute format('grant %s on %s to "${to}"', each.privilege, each.what);
        execute format('revoke %s on %s from "${from}"', each.privilege, each.what);
      end loop;
      for each in
        select a.privilege_type as privilege from pg_default_acl d cross join aclexplode(d.defaclacl) a
        where d.defaclnamespace = '${schema}'::regnamespace and d.defaclobjtype = 'r' and a.grantee = old
          and d.defaclrole = (select oid from pg_roles where rolname = current_user)
      loop
        execute format('alter default privileges in schema "${schema}" grant %s on tables to "${to}"', each.privilege);
        execute format('alter default privileges in schema "${schema}" revoke %s on tables from "${from}"', each.privilege);
      end loop;
    end $$`);
}
