/** For clients of the tests' own: where the tables are, and pgvector. */
export const ON_TABLES = { search_path: 'palimpsest, public' };
