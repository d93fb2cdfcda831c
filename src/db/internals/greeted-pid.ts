/**
 * The process that a server named when it greeted the session; `rows` are an answer of postgres.js on that session.
 * undefined where the library does not say.
 */
export const greetedPid = (rows: object): number | undefined => (rows as { state?: { pid?: number } }).state?.pid;
