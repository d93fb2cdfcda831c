import type { Database } from '../../../src/db/database.ts';
import { encodeId, newId, parseId } from '../../../src/kernel/ids.ts';
import { type FindingKind, findingKind, findingVerdict, type Verdict } from '../../../src/tables/finding.ts';
import type { TestService } from '../service.ts';
import { runAsSuperuser } from '../tables.ts';
import type { Ids } from '../walk.ts';

/** A finding, `text` being its reason and both its texts, and the note of its verdict. */
export interface Noticed {
  memory: string;
  by: string;
  kind: FindingKind;
  score: number;
  text: string;
  verdict?: Verdict;
}

/**
 * Makes findings as rows, so that they do not depend on what the rules find, and returns their ids. One with a verdict has
 * the contradiction of its pair, if there is one.
 */
export async function noticePairs(database: Database, pairs: readonly Noticed[]): Promise<string[]> {
  const ids: string[] = [];
  for (const { memory, by, kind, score, text, verdict } of pairs) {
    const id = newId();
    ids.push(encodeId('Finding', id));
    const judged = verdict
      ? `${findingVerdict[verdict]}, now, 'tester', '${text}', (select c.id from contradictions c
          where c.workspace_id = m.workspace_id and (c.memory_id, c.by_id) = (m.id, b.id))`
      : 'null, null, null, null, null';
    await runAsSuperuser(
      database,
      `insert into findings (workspace_id, id, memory_lineage_id, by_lineage_id, memory_id, by_id, companion_id, user_id, kind,
         score, reason, memory_text, by_text, found_at, verdict, judged_at, judged_by, note, contradiction_id)
       select m.workspace_id, '${id}', m.lineage_id, b.lineage_id, m.id, b.id, m.companion_id, m.user_id, ${findingKind[kind]}, ${score}, '${text}',
         '${text}', '${text}', now, ${judged}
       from memories m, memories b, date_trunc('milliseconds', clock_timestamp()) now
       where m.id = '${parseId(memory)?.uuid}' and b.id = '${parseId(by)?.uuid}'`,
    );
  }
  return ids;
}

/**
 * A finding of a pair of memories that has a verdict, and with it a contradiction, and two that wait for one, of the pair and
 * the first memory. The one that was judged comes first: it has everything that a finding can have.
 */
export async function notice(
  service: TestService,
  workspace: string,
  marker: string,
  first: string,
  pair: readonly [string, string],
): Promise<Pick<Ids, 'fnd'>> {
  const found = { kind: 'NEGATION', score: 0.75, text: marker } as const;
  const fnd = await noticePairs((await service.tenant()).database, [
    { memory: pair[0], by: pair[1], ...found },
    ...pair.map((by) => ({ memory: first, by, ...found })),
  ]);
  await service.runUntyped(
    `mutation ($id: ID!, $reason: String!) {
      judgeFindings(input: { ids: [$id], verdict: CONTRADICTS, reason: $reason }) { __typename }
    }`,
    { id: fnd[0], reason: marker },
    { workspace },
  );
  return { fnd };
}
