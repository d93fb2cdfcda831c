import { adopt } from './adopt.ts';
import { type Database, DatabaseUnavailable } from './database.ts';
import { appliedMigrations, refuseUnknown, runMigrations } from './migrations.ts';
import { type Place, restricted } from './place.ts';
import { handOver, letUseVector, look, prepare, refuseUnusable, type Start } from './prepare.ts';
import { refuseUninherited, refuseUnsafeRole, refuseUnsafeTables } from './refuse-unsafe.ts';
import { limits } from './transaction.ts';

const LOCK = 7_227_001;

/**
 * Brings the tables up to this version, all of it or nothing; of several servers that start at once, one does it and
 * the others wait. Throws {@link DatabaseUnavailable} where pgvector is missing, rights are, or the tables are newer.
 */
export async function migrate(database: Database): Promise<void> {
  const { place } = database;
  const session = await database.connectDirect();
  let start: Start | undefined;
  try {
    refuseUnusable(await look(session, place));
    await session.script(`begin; ${limits(undefined)}`);
    await session.script(`select pg_advisory_xact_lock(${LOCK})`);
    start = await look(session, place);
    await prepare(session, place, start);
    await adopt(session, place);
    refuseUnknown(await appliedMigrations(session, place));
    await runMigrations(session, place);
    await handOver(session, place);
    await letUseVector(session, place, start);
    await refuseUnsafeRole(session, place, start);
    // The user who connects must be able to take it on, in each transaction.
    await session.script(`set local role "${place.role}"; set local role "${restricted(place.role)}"; reset role`);
    await refuseUninherited(session, place, start);
    await refuseUnsafeTables(session, place);
    await session.script('commit');
  } catch (error) {
    await session.script('rollback').catch(() => {});
    throw error instanceof DatabaseUnavailable
      ? error
      : new DatabaseUnavailable(whyNot(error, place, start), { cause: error });
  } finally {
    session.release();
  }
}

function whyNot(error: unknown, { schema, role }: Place, start: Start | undefined): string {
  const { code, message } = innermost(error) as { code?: string; message: string };
  if (/extension "vector"|vector\.control/.test(message)) {
    return code === '42501'
      ? `The database user may not create the extension pgvector (${message}): have an administrator run CREATE EXTENSION vector;`
      : `The database server lacks the extension pgvector: install it there (package ` +
          `postgresql-…-pgvector), then start again (${message}).`;
  }
  if (code === '42501' && start && /role/.test(message)) {
    const roles = [role, restricted(role)];
    const missing = roles.filter((each) => !start.roles.includes(each));
    const verb = /create role/.test(message) ? 'create' : 'take on';
    const create = missing.map((each) => `CREATE ROLE ${each} NOLOGIN; `).join('');
    const which = roles.find((each) => message.includes(`"${each}"`)) ?? missing[0] ?? role;
    return (
      `The database user may not ${verb} the role ${which} (${message}): have an administrator ` +
      `run ${create}GRANT ${roles.join(', ')} TO ${start.user};`
    );
  }
  if (code === '42501' && start && !start.hasSchema && /for database/.test(message)) {
    return (
      `The database user may not make the schema ${schema} (${message}): have an administrator ` +
      `run CREATE SCHEMA ${schema} AUTHORIZATION ${start.user};`
    );
  }
  if (code === '42501' && start && message.includes(`schema ${start.vectorSchema}`)) {
    return (
      `The role ${role} may not use the schema that pgvector is in (${message}): have an administrator ` +
      `run GRANT USAGE ON SCHEMA ${start.vectorSchema} TO ${role};`
    );
  }
  if (code === '42501') {
    return `The database user lacks a right that the migrations need: ${message}.`;
  }
  if (code === '42P07' || code === '42710' || code === '42723') {
    return `The schema ${schema} holds what is not Palimpsest's (${message}): set DATABASE_SCHEMA to a name of its own.`;
  }
  return `The migrations could not be run: ${message}.`;
}

function innermost(error: unknown): unknown {
  return error instanceof Error && error.cause ? innermost(error.cause) : error;
}
