import { tenantCondition } from './columns.ts';
import { DatabaseUnavailable, type Row, type Session } from './database.ts';
import { knownTables } from './migrations.ts';
import { type Place, restricted } from './place.ts';
import type { Start } from './prepare.ts';

/** Row-level security does not protect from a role that can bypass it, or that owns the tables. */
export async function refuseUnsafeRole(session: Session, place: Place, start: Start): Promise<void> {
  for (const role of [place.role, restricted(place.role)]) await refuseUnsafe(session, place.schema, role, start);
}

/** A user who has the role's rights only after switching to it would see no workspaces, without being told. */
export async function refuseUninherited(session: Session, { role }: Place, { user, version }: Start): Promise<void> {
  const [found] = (await session.script(
    `select pg_has_role(current_user, '${role}', 'usage') as "isInherited"`,
  )) as Row[];
  if (found?.isInherited) return;
  throw new DatabaseUnavailable(
    `The database user has the rights of the role ${role} only after switching to it, but needs them before: have an ` +
      `administrator run ${version < 16 ? `ALTER ROLE ${user} INHERIT` : `GRANT ${role} TO ${user} WITH INHERIT TRUE`};`,
  );
}

async function refuseUnsafe(session: Session, schema: string, name: string, { user }: Start): Promise<void> {
  const [role] = (await session.script(
    `select rolsuper or rolbypassrls as "isAbove",
       exists (select from pg_class where relowner = r.oid and relnamespace = '${schema}'::regnamespace) as "isOwner"
     from pg_roles r where rolname = '${name}'`,
  )) as Row[];
  if (!role?.isAbove && !role?.isOwner) return;
  const rule = `The role ${name} must own no tables and be neither superuser nor BYPASSRLS`;
  if (role.isOwner && user === name) {
    throw new DatabaseUnavailable(
      `${rule}, but it would own the tables it creates: let DATABASE_URL name another user, one who may switch to that role.`,
    );
  }
  const statements = [
    ...(role.isAbove ? [`ALTER ROLE ${name} NOSUPERUSER NOBYPASSRLS;`] : []),
    ...(role.isOwner ? [`REASSIGN OWNED BY ${name} TO ${user};`] : []),
  ];
  throw new DatabaseUnavailable(`${rule}: have an administrator run ${statements.join(' ')}`);
}

/** True of a policy for restricted credentials alone, as SQL: it cannot let anybody else in. */
const isRestricted = (role: string) => `(starts_with(polname, 'restricted_')
  and polroles = array(select oid from pg_roles where rolname = '${restricted(role)}'))`;

/**
 * Every table of ours has one policy, the tenant's, beside those of restricted credentials, and it is forced for its
 * owner too. Another's table is not looked at.
 */
export async function refuseUnsafeTables(session: Session, { schema, role }: Place): Promise<void> {
  const ours = knownTables().map((name) => `'${name}'`);
  const rows = (await session.script(
    `select quote_ident('${schema}') || '.' || quote_ident(relname) as name,
       exists (select from pg_policy where polrelid = c.oid and polname = 'tenant') as "hasTenant",
       (select json_agg(quote_ident(polname)) from pg_policy where polrelid = c.oid and polname <> 'tenant'
         and not ${isRestricted(role)})::text as others
     from pg_class c
     where relnamespace = '${schema}'::regnamespace and relkind in ('r', 'p') and relname in (${ours.join(', ')})
       and not (relrowsecurity and relforcerowsecurity and (select string_agg(polname, ' ') from pg_policy
         where polrelid = c.oid and not ${isRestricted(role)}) is not distinct from 'tenant')
       and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped)
     order by relname`,
  )) as { name: string; hasTenant: boolean; others: string | null }[];
  if (rows.length === 0) return;
  const own = `(${tenantCondition('workspace_id')})`;
  const statements = rows.flatMap(({ name, hasTenant, others }) => [
    `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`,
    ...(JSON.parse(others ?? '[]') as string[]).map((policy) => `DROP POLICY ${policy} ON ${name};`),
    ...(hasTenant ? [] : [`CREATE POLICY tenant ON ${name} TO ${role} USING ${own} WITH CHECK ${own};`]),
  ]);
  throw new DatabaseUnavailable(
    `Row-level security does not keep workspaces apart in ` +
      `${rows.map(({ name }) => name).join(', ')}: have an administrator run ${statements.join(' ')}`,
  );
}
