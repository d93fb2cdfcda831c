import type { Database, Session } from '../../db/database.ts';

/** Work was ended between two transactions. */
export class Stopped extends Error {
  override name = 'Stopped';
}

/**
 * The same database, until a signal comes: then nothing more can be begun, and `settled` resolves once what was begun has
 * ended. For work in many transactions, each complete in itself.
 */
export function stoppable(database: Database, signal: AbortSignal): { database: Database; settled: Promise<void> } {
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  let held = 0;
  const settle = () => {
    if (signal.aborted && held === 0) resolve();
  };
  signal.addEventListener('abort', settle, { once: true });
  settle();
  const counted = (session: Session): Session => {
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      held--;
      settle();
    };
    return {
      query: (...given) => session.query(...given),
      script: (text) => session.script(text),
      ...(session.readAlone && {
        readAlone: (read) => (session.readAlone as NonNullable<typeof session.readAlone>)(read),
      }),
      release: () => {
        session.release();
        end();
      },
      finish: () => {
        session.finish();
        end();
      },
    };
  };
  const connect: Database['connect'] = async (...given) => {
    if (signal.aborted) throw new Stopped('The work was stopped.');
    held++;
    try {
      return counted(await database.connect(...given));
    } catch (error) {
      held--;
      settle();
      throw error;
    }
  };
  return { database: { ...database, connect }, settled };
}
