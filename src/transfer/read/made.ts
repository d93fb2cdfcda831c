import { type SQL, sql } from 'drizzle-orm';
import { aliased, under } from '../../db/typed-sql.ts';
import { memories } from '../../tables/memory.ts';
import { summaries } from '../../tables/summary.ts';

const later = under(memories, 'later_version');
const made = under(memories, 'made_version');
const s = under(summaries, 'summary');

/**
 * True of the lineage of a summary that is as consolidation made it: as vectors, it is not exported, since a run makes it
 * again. One that somebody has corrected is that person's own.
 */
export const isMade = (workspaceId: string, lineageId: SQL<string>): SQL => sql`exists (
  select from ${aliased(s)} where ${s.workspaceId} = ${workspaceId} and ${s.lineageId} = ${lineageId} and not exists (
    select from ${aliased(made)}
    join ${aliased(later)} on ${later.workspaceId} = ${workspaceId} and ${later.lineageId} = ${s.lineageId}
      and ${later.recordedAt} > ${made.recordedAt}
    where ${made.workspaceId} = ${workspaceId} and ${made.id} = ${s.memoryId}))`;
