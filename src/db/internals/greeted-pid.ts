/**
 * The process that a server named when it greeted the connection that these rows, of postgres.js, came by; undefined where
 * the library does not tell.
 */
export const greetedPid = (rows: object): number | undefined => (rows as { state?: { pid?: number } }).state?.pid;
