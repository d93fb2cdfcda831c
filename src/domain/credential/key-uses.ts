import { sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { write } from '../../db/write.ts';
import { noteUse } from './api-keys.ts';

/** How often it is written down which keys have been used: of a key at most so often. */
const EVERY_MS = 60_000;

/** Notes when API keys were used, beside the requests that use them. */
export interface KeyUses {
  /** Notes that a key is used now; it is written down later, together with others. */
  note(workspaceId: string, keyId: string): void;
  /** Writes down what has been noted. What cannot be, as in a database that is read-only, is forgotten. */
  flush(): Promise<void>;
  /** Writes down what has been noted, and stops. */
  stop(): Promise<void>;
}

/** Notes uses in a database. A failure is told to `log` and nobody else: no request waits for this. */
export function noteKeyUses(database: Database, log: (text: string) => void, everyMs = EVERY_MS): KeyUses {
  const uses = new Map<string, Map<string, Date>>();
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const noted = [...uses];
    uses.clear();
    writing = writing.then(async () => {
      for (const [workspaceId, used] of noted) {
        await writeUses(database, workspaceId, used).catch((error) => log(`lastUsedAt could not be written: ${error}`));
      }
    });
    return writing;
  };
  return {
    note(workspaceId, keyId) {
      const used = uses.get(workspaceId) ?? new Map<string, Date>();
      uses.set(workspaceId, used);
      used.set(keyId, new Date());
      timer ??= setTimeout(flush, everyMs).unref();
    },
    flush,
    stop: flush,
  };
}

async function writeUses(database: Database, workspaceId: string, used: ReadonlyMap<string, Date>): Promise<void> {
  await write({ database, workspaceId, actor: 'credential' }, async (tx) => {
    const [state] = await tx.rows<{ isReadOnly: boolean }>(
      sql`select current_setting('transaction_read_only') = 'on' as "isReadOnly"`,
    );
    if (!state?.isReadOnly) await noteUse(tx, used);
  });
}
