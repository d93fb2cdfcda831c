import type { Plugin } from 'graphql-yoga';
import type { Database } from '../../db/database.ts';
import type { SessionUses } from '../../domain/session/uses.ts';
import type { Principal } from '../../graphql/core/context.ts';
import { NotFound, Unauthenticated, Unavailable } from '../../kernel/errors.ts';
import { bounds } from '../../kernel/input.ts';
import { narrowingOf } from '../../tables/narrowing.ts';
import { refusal, refusedUntil } from './refusal.ts';

/** Names the session of a request, by its id or externalId. */
export const SESSION_HEADER = 'x-palimpsest-agent-session';

/**
 * Finds the session that a request names, before its body is read; events of what it does name the session. Answers 404
 * where there is none that the credential sees, or it is over: a client then starts another one.
 */
export function useSession(
  database: Database,
  uses: SessionUses,
): Plugin<object, { principal: Principal; sessionId?: string }> {
  return {
    async onRequestParse({ request, serverContext }) {
      const named = request.headers.get(SESSION_HEADER);
      if (named === null) return;
      if (named === '' || named.length > bounds.key) {
        throw refusal(400, 'INVALID_INPUT', `The header ${SESSION_HEADER} must have 1 to ${bounds.key} characters.`);
      }
      const { workspaceId, actor, restriction } = serverContext.principal;
      const narrowing = restriction ? narrowingOf(restriction) : null;
      try {
        serverContext.sessionId = await uses.use({ database, workspaceId, actor, restriction: narrowing }, named);
      } catch (error) {
        if (error instanceof NotFound) throw refusal(404, error.code, error.message);
        if (error instanceof Unauthenticated)
          throw refusal(401, error.code, error.message, { 'www-authenticate': 'Bearer' });
        if (error instanceof Unavailable) throw refusedUntil(503, error.code, error.message, error.retryAfterSeconds);
        throw error;
      }
    },
  };
}
