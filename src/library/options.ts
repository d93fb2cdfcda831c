import type { Narrowing } from '../client/connect.ts';
import type { Settings } from './settings.ts';

/** What a service in one's own process is opened with: `dataDir` or `databaseUrl` is needed. */
export interface OpenOptions extends Narrowing {
  /** The folder of the embedded database, which is made where there is none. One process at a time can have it open. */
  dataDir?: string | undefined;
  /** A PostgreSQL database with pgvector, as a postgres:// URL. */
  databaseUrl?: string | undefined;
  /** All else that the server has as environment variables, by the same names. */
  settings?: Settings | undefined;
  /** Takes the log, a JSON object a line, without the line break. Default: lines go to standard error. */
  log?: ((line: string) => void) | undefined;
}
