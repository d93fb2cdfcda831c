import type { Plugin } from 'graphql-yoga';
import type { Principal } from '../../graphql/core/context.ts';
import { type Tried, Unauthenticated, Unavailable } from '../../kernel/errors.ts';
import { refusal, refusedUntil } from './refusal.ts';

/**
 * Finds out who asks, by what the request's headers say. It decides on the workspace; nothing of the document or its
 * variables does. Throws {@link Unauthenticated}.
 */
export type Authenticate = (request: Request) => Principal | Promise<Principal>;

/**
 * Answers 401 to an unknown caller before any of the body is read. Later plugins have the principal in their context.
 */
export const useAuthentication = (
  authenticate: Authenticate,
): Plugin<object, { principal: Principal; tried?: Tried | undefined }> => ({
  async onRequestParse({ request, serverContext }) {
    try {
      serverContext.principal = await authenticate(request);
    } catch (error) {
      if (error instanceof Unauthenticated) {
        serverContext.tried = error.tried;
        throw refusal(401, error.code, error.message, { 'www-authenticate': 'Bearer' });
      }
      if (error instanceof Unavailable) throw refusedUntil(503, error.code, error.message, error.retryAfterSeconds);
      throw error;
    }
  },
});
