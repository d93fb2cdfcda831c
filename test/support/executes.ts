import { connect } from '../../src/client/connect.ts';
import type { Execute } from '../../src/client/execute.ts';
import { parseId } from '../../src/kernel/ids.ts';
import type { Restriction } from '../../src/kernel/principal.ts';
import type { Caller, TestService } from './service.ts';

/** What runs documents on a service in this process as a caller, and counts the requests. */
export function executeOf(test: TestService, { workspace, restriction }: Caller = {}) {
  let requests = 0;
  const client = () =>
    connect({
      url: 'http://localhost/graphql',
      fetch: async (url, init) => {
        requests++;
        const headers = {
          ...(init.headers as Record<string, string>),
          ...(workspace && { 'x-test-workspace': workspace }),
          ...(restriction && { 'x-test-restriction': JSON.stringify(restriction) }),
        };
        return test.service.fetch(url, { ...init, headers });
      },
    });
  const execute: Execute = (...given) => client().execute(...given);
  return {
    execute,
    /** How many requests something takes. */
    async requestsOf(running: () => Promise<unknown>): Promise<number> {
      const before = requests;
      await running();
      return requests - before;
    },
  };
}

/** What narrows a credential to some users, by the ids that callers gave them. */
export async function restrictedTo(test: TestService, externalIds: readonly string[]): Promise<Restriction> {
  const users = await Promise.all(
    externalIds.map(async (externalId) => {
      const { user } = await test.runUntyped('query ($by: UserRef!) { user(by: $by) { id } }', { by: { externalId } });
      return parseId(user.id)?.uuid as string;
    }),
  );
  return { companions: null, users };
}
