import type { Plugin } from 'graphql-yoga';
import type { LookUp } from '../../domain/credential/authenticate.ts';
import type { Principal } from '../../graphql/core/context.ts';
import { type Tried, Unauthenticated, Unavailable } from '../../kernel/errors.ts';
import { addressOf, type Came, cameAs } from '../requests/address.ts';
import type { MakeLimiter } from '../requests/limiter.ts';
import { AuthFailures } from './auth-failures.ts';
import { refusal, refusedUntil } from './refusal.ts';

/**
 * Finds out who asks, by what the request's headers say. It decides on the workspace; nothing of the document or its
 * variables does. Throws {@link Unauthenticated}, and Unavailable where that cannot be found out now.
 */
export type Authenticate = (request: Request, lookUp?: LookUp) => Principal | Promise<Principal>;

interface Options {
  /** Requests of one address without a known credential; 0: any number. */
  authFailuresPerMinute: number;
  trustedProxies: number;
}

/**
 * Answers 401 to an unknown caller before any of the body is read, and 429 where too many of an address were unknown.
 * Later plugins have the principal in their context.
 */
export function useAuthentication(
  authenticate: Authenticate,
  { authFailuresPerMinute, trustedProxies }: Options,
  makeLimiter?: MakeLimiter,
): Plugin<object, Came & { principal: Principal; tried?: Tried | undefined }> {
  const failures = new AuthFailures(authFailuresPerMinute, makeLimiter);
  return {
    async onRequestParse({ request, serverContext }) {
      const req = cameAs(serverContext);
      const address = req && addressOf(req, trustedProxies);
      try {
        serverContext.principal = await authenticate(request, failures.lookUpFor(address));
      } catch (error) {
        if (error instanceof Unauthenticated) {
          serverContext.tried = error.tried;
          const tooMany = await failures.count(address);
          throw tooMany ?? refusal(401, error.code, error.message, { 'www-authenticate': 'Bearer' });
        }
        if (error instanceof Unavailable) throw refusedUntil(503, error.code, error.message, error.retryAfterSeconds);
        throw error;
      }
    },
  };
}
