/** What may be said of an unexpected error: never a value of a row, which messages of the database hold. */
export function describeError(error: unknown): string {
  const root = innermost(error);
  if (!(root instanceof Error)) return String(root);
  // PGlite and postgres.js name the constraint each in its own way.
  const given = root as { code?: string; constraint?: string; constraint_name?: string };
  const { code, constraint = given.constraint_name } = given;
  const frames = (root.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const isSqlState = typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code);
  const what = isSqlState
    ? `database error ${code}${constraint ? ` (${constraint})` : ''}`
    : // What was to be read stands in the message.
      root instanceof SyntaxError
      ? root.name
      : `${root.name}: ${root.message}`;
  return [what, ...frames.slice(0, 8)].join('\n');
}

/** True of what says no more than that a client has gone before it had sent its request. */
export function isHangUp(error: unknown): boolean {
  const root = innermost(error) as { code?: unknown; message?: unknown } | undefined;
  return root?.code === 'ECONNRESET' && root.message === 'aborted';
}

function innermost(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { originalError } = error as { originalError?: unknown };
  const deeper = originalError ?? error.cause;
  return deeper ? innermost(deeper) : error;
}
