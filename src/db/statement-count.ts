import type { Database, Session } from './database.ts';

/** Counts the messages that one request sends to the database: begin and commit are one each. */
export class StatementCount {
  #sent = 0;

  get sent(): number {
    return this.#sent;
  }

  /** The same database, counting. */
  on(database: Database): Database {
    return {
      ...database,
      connect: async (...who): Promise<Session> => {
        const session = await database.connect(...who);
        const { readAlone } = session;
        return {
          query: (...statement) => {
            this.#sent++;
            return session.query(...statement);
          },
          script: (text) => {
            this.#sent++;
            return session.script(text);
          },
          ...(readAlone && {
            readAlone: (read) => {
              this.#sent++;
              return readAlone(read);
            },
          }),
          release: () => session.release(),
          finish: () => {
            this.#sent++;
            session.finish();
          },
        };
      },
    };
  }
}
