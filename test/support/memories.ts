import { expect } from 'vitest';
import type { Answer, Caller, TestService } from './service.ts';

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) {
    __typename
    ... on Error { message code }
    ... on CreateMemoriesPayload { memories { id content } duplicateIds relations { id type } }
  }
}`;

/**
 * Makes memories, which must succeed; returns the payload. `companion` is `{key: 'iris'}` unless the input says, and nothing
 * is looked for that they seem to say of others.
 */
export async function createMemories(
  service: TestService,
  input: Record<string, unknown>,
  caller?: Caller,
): Promise<{ memories: { id: string; content: string }[]; duplicateIds: string[]; relations: { id: string }[] }> {
  const { createMemories: result } = await service.runUntyped(
    CREATE,
    { input: { companion: { key: 'iris' }, detect: 'OFF', ...input } },
    caller,
  );
  expect(result.__typename, result.message).toBe('CreateMemoriesPayload');
  return result;
}

/** The failure a mutation answered, which must be listed in `extensions.failures` too. */
export function failureOf(answer: Answer, field: string) {
  expect(answer.errors, JSON.stringify(answer.errors)).toBeUndefined();
  const failure = answer.data[field];
  expect(answer.extensions?.failures).toContainEqual({ path: [field], code: failure.code, message: failure.message });
  return failure;
}
