import type { Database, Session } from '../../src/db/database.ts';

export async function inSession<T>(database: Database, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await database.connect();
  try {
    return await use(session);
  } finally {
    session.release();
  }
}
