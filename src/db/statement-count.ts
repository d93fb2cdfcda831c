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
      connect: async (holder): Promise<Session> => {
        const connection = await database.connect(holder);
        return {
          query: (...statement) => {
            this.#sent++;
            return connection.query(...statement);
          },
          script: (text) => {
            this.#sent++;
            return connection.script(text);
          },
          release: () => connection.release(),
          finish: () => {
            this.#sent++;
            connection.finish();
          },
        };
      },
    };
  }
}
