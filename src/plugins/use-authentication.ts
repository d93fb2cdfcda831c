import { createGraphQLError, type Plugin } from 'graphql-yoga';
import type { Principal } from '../context.ts';
import { Unauthenticated } from '../errors.ts';

/**
 * Finds out who asks, by what the request's headers say. It decides on the workspace; nothing of the document or its
 * variables does. Throws {@link Unauthenticated}.
 */
export type Authenticate = (request: Request) => Principal | Promise<Principal>;

/** Answers 401 to whoever is not known, before anything of the body is read; later plugins have the principal in their context. */
export const useAuthentication = (authenticate: Authenticate): Plugin<object, { principal: Principal }> => ({
  async onRequestParse({ request, serverContext }) {
    try {
      serverContext.principal = await authenticate(request);
    } catch (error) {
      if (!(error instanceof Unauthenticated)) throw error;
      const headers = { 'www-authenticate': 'Bearer' };
      throw createGraphQLError(error.message, { extensions: { http: { status: 401, headers }, code: error.code } });
    }
  },
});
