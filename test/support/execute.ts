import { connect } from '../../src/client/connect.ts';
import type { Execute } from '../../src/client/execute.ts';
import type { Caller, TestService } from './service.ts';

/** Runs documents by a service in this process, as a caller. */
export const executeAs =
  ({ service }: TestService, { workspace = 'acme', scopes, restriction }: Caller = {}): Execute =>
  (...document) => {
    const headers = {
      'x-test-workspace': workspace,
      ...(scopes && { 'x-test-scopes': scopes.join(' ') }),
      ...(restriction && { 'x-test-restriction': JSON.stringify(restriction) }),
    };
    const send = async (url: string, init: RequestInit) =>
      service.fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } });
    return connect({ url: 'http://test/graphql', fetch: send }).execute(...document);
  };
