import { createHash } from 'node:crypto';

/** What is filled in, each numbered from 1. */
export type Kind =
  | 'companion'
  | 'user'
  | 'memory'
  | 'relation'
  | 'entity'
  | 'contradiction'
  | 'finding'
  | 'profile'
  | 'proposal'
  | 'decision'
  | 'event'
  | 'conversation'
  | 'message'
  | 'workingMemory'
  | 'session'
  | 'webhook';

/** The key of the `n`-th of a kind, in SQL: like the service's keys it sorts by age, and {@link keyOf} makes it too. */
export const keySql = (kind: Kind, n: string): string => {
  const digest = `md5('${kind}' || (${n}))`;
  return `(lpad(to_hex((${n})::int), 12, '0') || '7' || substr(${digest}, 1, 3) || '8' || substr(${digest}, 4, 15))::uuid`;
};

export function keyOf(kind: Kind, n: number): string {
  const digest = createHash('md5').update(`${kind}${n}`).digest('hex');
  const hex = `${n.toString(16).padStart(12, '0')}7${digest.slice(0, 3)}8${digest.slice(3, 18)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
