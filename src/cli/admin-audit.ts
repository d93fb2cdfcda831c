import type { Database } from '../db/database.ts';
import { write } from '../db/write.ts';
import { type AuditRow, auditPage, NO_WORKSPACE } from '../domain/audit/entries.ts';
import { listWorkspaces } from '../domain/workspace/workspaces.ts';
import { AdminError } from './admin-error.ts';
import type { AdminCommand } from './administer.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** As on the command line. */
export interface AuditOptions {
  since?: string;
  before?: string;
  limit?: string;
  workspace?: string;
  json?: boolean;
}

/** A line of the trail and the name of its workspace; null: what outlives workspaces. */
type Line = AuditRow & { workspace: string | null };

/** Prints the audit trail of all workspaces, or of one: a page of it, newest first. */
export function showAudit({ since, before, limit, workspace, json = false }: AuditOptions): AdminCommand {
  const page = {
    since: since === undefined ? undefined : momentOf(since),
    before: before === undefined ? undefined : lineIdOf(before),
    limit: limit === undefined ? DEFAULT_LIMIT : limitOf(limit),
  };
  return async ({ database }) => {
    const places = await placesOf(database, workspace);
    let lines: Line[] = [];
    for (const { id: workspaceId, name } of places) {
      const tenant = { database, workspaceId, actor: 'system:operator' };
      const found = await write(tenant, (tx) => auditPage(tx, page), { mayBeUnused: true });
      // No more than a page is held: what is not among the newest so far never is.
      lines = [...lines, ...found.map((row) => ({ ...row, workspace: name }))].sort(newestFirst).slice(0, page.limit);
    }
    for (const line of lines) console.log(json ? JSON.stringify(line) : describe(line));
    if (lines.length === 0) console.error('Nothing of that time stands in the audit trail.');
    if (lines.length === page.limit) console.error(`There may be more: add --before ${lines.at(-1)?.id}`);
  };
}

const newestFirst = (one: Line, other: Line) => (one.id < other.id ? 1 : -1);

async function placesOf(database: Database, workspace: string | undefined): Promise<Place[]> {
  const all = await listWorkspaces(database);
  if (workspace === undefined) return [...all, { id: NO_WORKSPACE, name: null }];
  const found = all.filter(({ name }) => name === workspace);
  if (found.length > 0) return found;
  throw new AdminError(`There is no workspace ${workspace}: see npm run admin -- workspace list`);
}

interface Place {
  id: string;
  name: string | null;
}

function describe({ at, workspace, actor, credential, action, subject, outcome, count, address }: Line): string {
  const who = credential ? `${actor} (${credential})` : actor;
  const parts = [at.toISOString(), workspace ?? '-', who, subject ? `${action} ${subject}` : action, outcome];
  if (address) parts.push(`from ${address}`);
  if (count > 1) parts.push(`${count} times within the minute`);
  return parts.join('  ');
}

function momentOf(text: string): Date {
  const [, amount, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  if (unit) return new Date(Date.now() - Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]);
  const moment = new Date(/^\d{4}-\d\d-\d\d/.test(text) ? text : Number.NaN);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw new AdminError(
    '--since is how long ago, such as 90m, 24h or 7d, or a date such as 2027-01-31 or 2027-01-31T12:00:00Z.',
  );
}

function lineIdOf(text: string): string {
  if (UUID.test(text)) return text;
  throw new AdminError('--before is the id of a line, as the page before it says it.');
}

function limitOf(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new AdminError(`--limit is a number of lines, 1–${MAX_LIMIT}.`);
}
