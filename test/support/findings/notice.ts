import { encodeId, newId, parseId } from '../../../src/kernel/ids.ts';
import { findingKind } from '../../../src/tables/finding.ts';
import type { TestService } from '../service.ts';
import { runAsSuperuser } from '../tables.ts';
import type { Ids } from '../walk.ts';

/**
 * A finding of two memories that waits for a verdict, and one of two others that has one. As rows, so that it does not
 * depend on what the rules find. The one that was judged comes first: it has everything that a finding can have.
 */
export async function notice(
  service: TestService,
  workspace: string,
  marker: string,
  open: readonly [string, string],
  { pair: judged }: { pair: readonly [string, string] },
): Promise<Pick<Ids, 'fnd'>> {
  const fnd: string[] = [];
  for (const [memory, by] of [judged, open]) {
    const id = newId();
    fnd.push(encodeId('Finding', id));
    await runAsSuperuser(
      (await service.tenant()).database,
      `insert into findings (workspace_id, id, memory_lineage_id, by_lineage_id, memory_id, by_id, kind, score, reason,
         memory_text, by_text, found_at)
       select m.workspace_id, '${id}', m.lineage_id, b.lineage_id, m.id, b.id, ${findingKind.NEGATION}, 0.75, '${marker}',
         '${marker}', '${marker}', '2026-01-01' from memories m, memories b
       where m.id = '${parseId(memory)?.uuid}' and b.id = '${parseId(by)?.uuid}'`,
    );
  }
  await service.runUntyped(
    `mutation ($id: ID!, $reason: String!) {
      judgeFindings(input: { ids: [$id], verdict: CONTRADICTS, reason: $reason }) { __typename }
    }`,
    { id: fnd[0], reason: marker },
    { workspace },
  );
  return { fnd };
}
