import { scopes } from './documents.ts';
import { useQuery } from './use-query.ts';

/** The scopes of a credential seldom change: they are asked for again at most once in so many milliseconds. */
const CALM_MS = 60_000;

/** Whether the credential may change something; undefined until it is known. */
export function useMayWrite(): boolean | undefined {
  const { data } = useQuery(scopes, {}, { everything: true, calmMs: CALM_MS });
  return data?.viewer.scopes.includes('WRITE');
}
