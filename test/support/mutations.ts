import { expect } from 'vitest';
import type { Caller, TestService } from './service.ts';

// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
export type Mutate = (input: Record<string, unknown>, caller?: Caller) => Promise<any>;

/**
 * A mutation as a function of its input. It answers the payload's `fields`, or what the failure says, either with
 * `__typename`; what is a failure must be listed in `extensions.failures` too, and nothing else.
 */
export function mutation(service: TestService, name: string, fields: string, failureFields = ''): Mutate {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const document = `mutation ($input: ${type}Input!) {
    ${name}(input: $input) {
      __typename
      ... on ${type}Payload { ${fields} }
      ... on Error { code message }
      ... on InvalidInputError { issues { path message } }
      ... on NotFoundError { ids }
      ... on LimitExceededError { limit given }
      ${failureFields}
    }
  }`;
  return async (input, caller) => {
    const { data, errors, extensions } = await service.sendUntyped(document, { input }, caller);
    expect(errors, JSON.stringify(errors)).toBeUndefined();
    const { __typename, code, message, ...rest } = data[name];
    const failures = code === undefined ? undefined : [{ path: [name], code, message }];
    expect(extensions?.failures).toEqual(failures);
    return code === undefined ? { __typename, ...rest } : { __typename, code, message, ...rest };
  };
}
