import { sql } from 'drizzle-orm';
import type { Transaction } from '../../db/transaction.ts';
import { aliased, fields, pick, type RowOf, under } from '../../db/typed-sql.ts';
import { findings } from '../../tables/finding.ts';
import { isMade } from './made.ts';
import { PAGE, pages } from './pages.ts';

const f = under(findings, 'f');

const findingFields = fields({
  ...pick(f, 'id', 'memoryId', 'byId', 'kind', 'score', 'reason', 'memoryText', 'byText', 'foundAt'),
  ...pick(f, 'verdict', 'judgedAt', 'judgedBy', 'note', 'confirmedBy', 'confirmedAt'),
});
export type FindingRow = RowOf<typeof findingFields>;

/** All findings that are shown, judged or not. */
export const findingPages = (tx: Transaction): AsyncGenerator<FindingRow[]> =>
  pages(
    tx,
    (last) => sql`
      select ${findingFields} from ${aliased(f)}
      where ${f.workspaceId} = ${tx.workspaceId} and not ${f.isHidden}
        and not ${isMade(tx.workspaceId, f.memoryLineageId)} and not ${isMade(tx.workspaceId, f.byLineageId)}
        ${last ? sql`and ${f.id} > ${last.id}::uuid` : sql``}
      order by ${f.id} limit ${PAGE}`,
  );
