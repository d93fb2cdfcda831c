import { expect } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import type { Execute, Executes } from '../../src/client/execute.ts';
import { OperationError } from '../../src/client/operation-error.ts';
import { scopes } from '../../src/graphql/core/context.ts';
import { parseId } from '../../src/kernel/ids.ts';
import type { Restriction } from '../../src/kernel/principal.ts';
import type { Caller, TestService } from './service.ts';

/** A client of a service in this process, as a caller, that counts what it sends. */
export function clientOf(
  { service }: TestService,
  { workspace = 'acme', scopes: granted = scopes, restriction }: Caller = {},
): Executes & { requests: number } {
  const headers = {
    'x-test-workspace': workspace,
    'x-test-scopes': granted.join(' '),
    ...(restriction && { 'x-test-restriction': JSON.stringify(restriction) }),
  };
  const client = connect({
    url: 'http://localhost/graphql',
    fetch: async (url, init) => service.fetch(url, { ...init, headers: { ...(init.headers as object), ...headers } }),
  });
  const counting = {
    requests: 0,
    execute: ((...given: Parameters<Execute>) => {
      counting.requests++;
      return client.execute(...given);
    }) as Execute,
  };
  return counting;
}

/** How many requests something takes. */
export async function requestsOf(client: { requests: number }, run: () => Promise<unknown>): Promise<number> {
  const before = client.requests;
  await run();
  return client.requests - before;
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

/** What restricts a credential to one user. */
export async function restrictedTo({ run }: TestService, externalId: string): Promise<Restriction> {
  const { user } = await run('query ($by: UserRef!) { user(by: $by) { id } }', { by: { externalId } });
  return { companions: null, users: [parseId(user?.id ?? '')?.uuid as string] };
}
