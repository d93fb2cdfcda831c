import { expect } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { textOf } from '../../src/client/document.ts';
import type { Execute, Executes } from '../../src/client/execute.ts';
import { OperationError } from '../../src/client/operation-error.ts';
import { isRepeatable } from '../../src/client/repeatable.ts';
import { scopes } from '../../src/graphql/core/context.ts';
import { parseId } from '../../src/kernel/ids.ts';
import type { Restriction } from '../../src/kernel/principal.ts';
import type { Caller, TestService } from './service.ts';

/** A client that counts its requests. */
export interface CountingClient extends Executes {
  /** How many requests something takes. */
  requestsOf(run: () => Promise<unknown>): Promise<number>;
}

/** A client of a service in this process, which may come later, as a caller. Refuses what it could not send again after a failure. */
export function clientOf(
  test: TestService,
  { workspace = 'acme', scopes: granted = scopes, restriction }: Caller = {},
): CountingClient {
  const headers = {
    'x-test-workspace': workspace,
    'x-test-scopes': granted.join(' '),
    ...(restriction && { 'x-test-restriction': JSON.stringify(restriction) }),
  };
  const client = connect({
    url: 'http://localhost/graphql',
    headers,
    fetch: async (url, init) => test.service.fetch(url, init),
  });
  let requests = 0;
  const execute: Execute = (document, variables, options) => {
    expect(isRepeatable(textOf(document), variables), 'The request can be sent again').toBe(true);
    requests++;
    return client.execute(document, variables, options);
  };
  return {
    execute,
    async requestsOf(run) {
      const before = requests;
      await run();
      return requests - before;
    },
  };
}

/** The failure that something is refused with. */
export async function refusalOf(running: Promise<unknown>): Promise<OperationError> {
  const error = await running.then(
    (value) => value,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OperationError);
  return error as OperationError;
}

/** What restricts a credential to some users, by the ids that callers gave them. */
export async function restrictedTo({ run }: TestService, ...externalIds: string[]): Promise<Restriction> {
  const users = await Promise.all(
    externalIds.map(async (externalId) => {
      const { user } = await run('query ($by: UserRef!) { user(by: $by) { id } }', { by: { externalId } });
      return parseId(user?.id ?? '')?.uuid as string;
    }),
  );
  return { companions: null, users };
}
