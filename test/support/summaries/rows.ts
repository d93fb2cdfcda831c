import type { Database } from '../../../src/db/database.ts';
import { encodeId, newId, parseId } from '../../../src/kernel/ids.ts';
import { summaryKind } from '../../../src/tables/summary.ts';
import { runAsSuperuser } from '../tables.ts';

const uuidOf = (id: string): string => parseId(id)?.uuid as string;

/** A memory that is to be a summary of others, all of which it quotes. */
export interface Summarized {
  kind: keyof typeof summaryKind;
  summary: string;
  sources: readonly string[];
}

/** Has memories be summaries as rows, so that they do not depend on how memories are clustered. */
export async function noteSummaries(database: Database, summarized: readonly Summarized[]): Promise<void> {
  for (const { kind, summary, sources } of summarized) {
    await runAsSuperuser(
      database,
      `insert into summaries (workspace_id, lineage_id, companion_id, user_id, kind, method, memory_id, size, refreshed_at)
       select workspace_id, lineage_id, companion_id, user_id, ${summaryKind[kind]}, 0, id, ${sources.length},
         date_trunc('milliseconds', clock_timestamp())
       from memories where id = '${uuidOf(summary)}';
       insert into summary_sources (workspace_id, summary_lineage_id, source_lineage_id, source_id, line, is_member, is_topic)
       select s.workspace_id, m.lineage_id, s.lineage_id, s.id, array_position(ids, s.id) - 1, true, ${kind === 'TOPIC'}
       from memories m, memories s, (select '{${sources.map(uuidOf).join()}}'::uuid[] as ids) given
       where m.id = '${uuidOf(summary)}' and s.id = any(ids)`,
    );
  }
}

/** Makes profiles as rows, of a summary that there is: of its user, or of an entity. Returns their ids. */
export async function noteProfiles(
  database: Database,
  profiles: readonly { summary: string; entity?: string | undefined; total?: number; centroidModel?: string }[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const { summary, entity, total = 4, centroidModel } of profiles) {
    const id = newId();
    ids.push(encodeId('Profile', id));
    await runAsSuperuser(
      database,
      `insert into profiles (workspace_id, id, companion_id, user_id, entity_id, summary_lineage_id, total, covered, centroid,
         centroid_model, created_at, refreshed_at)
       select workspace_id, '${id}', companion_id, user_id, ${entity ? `'${uuidOf(entity)}'` : 'null'}, lineage_id, ${total}, 2,
         ${centroidModel ? `'{1,2,3}', '${centroidModel}'` : 'null, null'}, now, now
       from memories, date_trunc('milliseconds', clock_timestamp()) now where id = '${uuidOf(summary)}'`,
    );
  }
  return ids;
}
