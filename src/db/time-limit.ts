/** The time limit of one transaction. The object itself identifies it: two may have the same number. */
export interface Limit {
  readonly ms: number;
}

/** The `statement_timeout` that a transaction begins with; 0 is none. */
export function limitOf(begin: string): Limit | undefined {
  const ms = Number(/\bstatement_timeout = (\d+)/.exec(begin)?.[1] ?? 0);
  return ms === 0 ? undefined : { ms };
}
