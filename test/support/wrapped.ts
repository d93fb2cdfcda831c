import type { Database, Session } from '../../src/db/database.ts';

/** What a wrapper has changed in the statements that went through it. */
export interface Changes {
  /** How many conditions were taken out, or roles not taken on. */
  count: number;
  /** Statements that still do what was to be taken out of them. */
  missed: Set<string>;
}

/** The same database, whose statements are changed on their way. */
export function rewritten(
  database: Database,
  query: (text: string, params: readonly unknown[]) => string,
  script: (text: string) => string,
): Database {
  return {
    ...database,
    async connect(...who): Promise<Session> {
      const connection = await database.connect(...who);
      return {
        query: (text, params, ...more) => connection.query(query(text, params), params, ...more),
        script: (text) => connection.script(script(text)),
        release: () => connection.release(),
        finish: () => connection.finish(),
      };
    },
  };
}

const COLUMN = String.raw`(?:[\w"]+\.)?"?\w+"?`;
const WITH_PARAMETER = new RegExp(String.raw`(${COLUMN}) = \$(\d+)(?:::uuid)?(?!\d)`, 'g');
const WITH_COLUMN = /(?:[\w"]+\.)?"?workspace_id"? = (?:[\w"]+\.)?"?workspace_id"?/g;
/** As Drizzle's relational queries do: `("d0"."workspace_id", "d0"."id") in (($1, $2), ($3, $4))`. */
const PAIRS = /\((?:[\w"]+\.)?"workspace_id", ((?:[\w"]+\.)?"id")\) in \(((?:\(\$\d+, \$\d+\)(?:, )?)+)\)/g;
/** Every other way in which a statement could hold its rows to a workspace. */
const ANY_CONDITION =
  /workspace_id"?\s*(?:=|<|>|!=|\bin\b|\bis\b|\bbetween\b|\blike\b)|(?:=|<>)\s*(?:any\s*\()?\s*(?:[\w"]+\.)?"?workspace_id|using\s*\([^)]*workspace_id|\([^()]*\bworkspace_id\b[^()]*\)\s*(?:=|in\b)|current_setting\('palimpsest\.workspace_id/i;

/**
 * The same database, without what statements hold their rows to a workspace by, so that nothing but row-level security
 * does: a comparison with a parameter that is one of `workspaces` becomes one that is always true, and so does that of
 * two columns.
 */
export function withoutConditions(
  database: Database,
  workspaces: ReadonlySet<string>,
): Database & { changes: Changes } {
  const changes: Changes = { count: 0, missed: new Set() };
  const query = (text: string, params: readonly unknown[]) => {
    const isWorkspace = (number: string) => workspaces.has(params[Number(number) - 1] as string);
    const without = text
      .replace(WITH_COLUMN, () => {
        changes.count++;
        return 'true';
      })
      .replace(PAIRS, (_whole, id: string, pairs: string) => {
        changes.count++;
        const numbers = [...pairs.matchAll(/\(\$(\d+), \$(\d+)\)/g)];
        const given = numbers.map(([, workspace]) => `$${workspace}::uuid is not null`);
        return `${id} in (${numbers.map(([, , number]) => `$${number}`).join(', ')}) and ${given.join(' and ')}`;
      })
      .replace(WITH_PARAMETER, (whole, _column: string, number: string) => {
        if (!isWorkspace(number)) return whole;
        changes.count++;
        return `$${number}::uuid is not null`;
      });
    const isStill = [...without.matchAll(/=\s*\$(\d+)/g)].some(([, number]) => isWorkspace(number as string));
    if (isStill || ANY_CONDITION.test(without) || [...workspaces].some((id) => text.includes(id))) {
      changes.missed.add(text);
    }
    return without;
  };
  return { ...rewritten(database, query, (text) => text), changes };
}

/** What takes on a role, by whatever way. Who speaks in a chat has a role, too: that is none of the database's. */
const TAKES_ROLE = /(?:^|;)\s*set\s+(?:local\s+|session\s+)?role\b|set_config\('role'|session authorization/i;
const TAKE_ON = /set_config\('role', '\w+', true\), /g;

/** The same database for a superuser, whom row-level security does not hold back: nothing but conditions does. */
export function withoutRowSecurity(database: Database): Database & { changes: Changes } {
  const changes: Changes = { count: 0, missed: new Set() };
  const script = (text: string) => {
    const without = text.replace(TAKE_ON, () => {
      changes.count++;
      return '';
    });
    if (TAKES_ROLE.test(without)) changes.missed.add(text);
    return without;
  };
  const query = (text: string) => {
    if (TAKES_ROLE.test(text)) changes.missed.add(text);
    return text;
  };
  return { ...rewritten(database, query, script), changes };
}
