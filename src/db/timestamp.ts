/** The type `timestamp with time zone`, by its number in PostgreSQL's catalogue. */
export const TIMESTAMPTZ = 1184;

/**
 * Reads PostgreSQL's text of a timestamptz, e.g. `2026-03-01 09:30:00.123+00`. `new Date` alone takes years before 100
 * for ones of the twentieth century.
 */
export const parseTimestamp = (text: string): Date => new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
