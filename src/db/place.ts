/** Where the tables are in a database, and as whom requests reach them. Both are plain identifiers in lower case. */
export interface Place {
  /** The schema that holds all tables, types and functions, and nothing of anybody else. */
  readonly schema: string;
  /** The role that every statement of a request runs as. */
  readonly role: string;
}

/** The role of requests whose credential is restricted. */
export const restricted = (role: string): string => `${role}_restricted`;

/** The names that the migrations' text has; those of a {@link Place} replace them. */
export const defaultPlace: Place = { schema: 'palimpsest', role: 'palimpsest_app' };

/**
 * The schemas that names are looked up in, as the value of `search_path`: the tables', then the one that holds
 * pgvector's types and operators, wherever that is; where it is not installed yet, the one it will be made in. SQL.
 */
const searchPath = ({ schema }: Place): string =>
  `concat_ws(', ', quote_ident('${schema}'), nullif(quote_ident(${vectorSchema(schema)}), quote_ident('${schema}')), 'pg_temp')`;

/** The schema of pgvector: where it is; else `public`, where every application of the database finds it. SQL. */
export const vectorSchema = (schema: string): string =>
  `coalesce((select nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where extname = 'vector'), ` +
  `(select nspname from pg_namespace where nspname = 'public'), '${schema}')`;

/**
 * What answers depend on and a server, database or role may have other values for. Each is pinned on every session, or,
 * where a pooler hands transactions to sessions of its own, in every transaction.
 */
const pinned = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  row_security: 'on',
};

/** Finds out what {@link pin} is given, as one column. */
export const askPath = (place: Place): string => `${searchPath(place)} as path`;

/** Pins the settings, for the transaction or the session; `path` is what {@link askPath} answered. */
export function pin(path: string, until: 'transaction' | 'session'): string {
  const isLocal = until === 'transaction';
  const settings = Object.entries({ search_path: path, ...pinned });
  const parts = settings.map(([name, value]) => `set_config('${name}', '${value.replaceAll("'", "''")}', ${isLocal})`);
  return `select ${parts.join(', ')}`;
}
