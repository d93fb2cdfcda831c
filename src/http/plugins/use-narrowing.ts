import type { Plugin } from 'graphql-yoga';
import type { Named } from '../../domain/credential/narrow.ts';
import { Unauthenticated, Unavailable } from '../../kernel/errors.ts';
import { bounds, keyText } from '../../kernel/input.ts';
import type { Principal } from '../../kernel/principal.ts';
import { refusal, refusedUntil } from './refusal.ts';

/** Narrow the credential of a request to a companion, by its key, and to a user, by their external id. */
export const COMPANION_HEADER = 'palimpsest-companion';
export const USER_HEADER = 'palimpsest-user';

/** Narrows a principal to what is named; see narrowBy. */
export type Narrow = (principal: Principal, named: Named) => Promise<Principal>;

/** Narrows the principal to what the request's headers name, before its body is read. Answers 400 to what is no name. */
export const useNarrowing = (narrow: Narrow): Plugin<object, { principal: Principal }> => ({
  async onRequestParse({ request: { headers }, serverContext }) {
    const named = { companion: nameIn(headers, COMPANION_HEADER), user: nameIn(headers, USER_HEADER) };
    if (named.companion === undefined && named.user === undefined) return;
    try {
      serverContext.principal = await narrow(serverContext.principal, named);
    } catch (error) {
      if (error instanceof Unauthenticated)
        throw refusal(401, error.code, error.message, { 'www-authenticate': 'Bearer' });
      if (error instanceof Unavailable) throw refusedUntil(503, error.code, error.message, error.retryAfterSeconds);
      throw error;
    }
  },
});

/** A name as a header has it. Headers are ASCII, and those sent twice are joined by a comma. */
export const inHeader = (name: string): string => encodeURIComponent(name);

/** What a header names; undefined without it. */
function nameIn(headers: Headers, header: string): string | undefined {
  const given = headers.get(header);
  if (given === null) return undefined;
  const name = decoded(given);
  const issue = name === undefined ? NOT_ENCODED : keyText('The name').safeParse(name).error?.issues[0]?.message;
  if (name !== undefined && issue === undefined) return name;
  throw refusal(
    400,
    'INVALID_INPUT',
    `The header ${header} must be one name of 1 to ${bounds.key} characters. ${issue} Nothing was done.`,
  );
}

const NOT_ENCODED =
  'Percent-encode it as UTF-8: whatever is not ASCII, the percent sign, and a comma (encodeURIComponent does).';

function decoded(given: string): string | undefined {
  if (!/^[\x20-\x2b\x2d-\x7e]*$/.test(given)) return undefined;
  try {
    return decodeURIComponent(given);
  } catch {
    return undefined;
  }
}
