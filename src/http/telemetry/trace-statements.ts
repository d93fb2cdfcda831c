import type { Database, Session } from '../../db/database.ts';
import { currentWork, kindOfError } from './current-work.ts';

/** A session that is there at once is not worth a span. */
const WAIT_SHOWN_MS = 1;
const MAX_SHAPE_LENGTH = 2_000;

/** The same database; its statements are spans of the requests that are traced. */
export const traceStatements = (database: Database): Database => ({
  ...database,
  async connect(...who): Promise<Session> {
    const session = await shown(database, who);
    const { readAlone } = session;
    return {
      query: (...statement) => traced(statement[0], () => session.query(...statement)),
      ...(readAlone && { readAlone: (read) => traced(read.statement.text, () => readAlone(read)) }),
      script: (text) => traced(text, () => session.script(text)),
      release: () => session.release(),
      finish: () => session.finish(),
    };
  },
});

/** Waits for a session, and shows it where that takes long. */
async function shown(database: Database, who: Parameters<Database['connect']>): Promise<Session> {
  const since = performance.now();
  const wait = currentWork.getStore()?.begin('wait for a connection');
  try {
    const session = await database.connect(...who);
    if (performance.now() - since >= WAIT_SHOWN_MS) wait?.end();
    return session;
  } catch (error) {
    wait?.end(kindOfError(error));
    throw error;
  }
}

async function traced<T>(text: string, send: () => Promise<T>): Promise<T> {
  const above = currentWork.getStore();
  if (!above) return send();
  const shape = shapeOf(text);
  const work = above.begin(nameOf(shape), { 'db.system.name': 'postgresql', 'db.query.text': shape }, 'CLIENT');
  try {
    const answer = await send();
    work.end();
    return answer;
  } catch (error) {
    work.end(kindOfError(error));
    throw error;
  }
}

/**
 * A statement without any literal of text. Values are parameters, which are never shown. This also removes anything
 * else that should ever be written into a statement.
 */
export const shapeOf = (text: string): string =>
  text
    .replace(/'(?:[^']|'')*'/g, "'?'")
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_SHAPE_LENGTH);

/** What it does first, and to what table: `select memories`. */
export function nameOf(shape: string): string {
  const verb = /^\(*(\w+)/.exec(shape)?.[1]?.toLowerCase() ?? 'statement';
  if (verb === 'begin' || verb === 'commit' || verb === 'rollback') return verb;
  const table = /\b(?:(?:from|join|update)\s+"?([a-z_]+)\b"?(?!\s*\()|into\s+"?([a-z_]+)\b)/i.exec(shape);
  return table ? `${verb} ${table[1] ?? table[2]}` : verb;
}
