import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { expect, test } from 'vitest';
import { useServers } from './support/server.ts';

const start = useServers();
const possibleTypes = JSON.parse(readFileSync(new URL('../docs/possible-types.json', import.meta.url), 'utf8'));

const clientOf = (link: ApolloLink, cache = new InMemoryCache({ possibleTypes })) => new ApolloClient({ cache, link });

const RETRACT = gql`mutation {
  retractMemory(input: { id: "mem_00000000000000000000000000" }) { __typename ... on Error { code message } }
}`;

test('Apollo Client reads a fragment on an interface with docs/possible-types.json, as docs/clients.md says', async () => {
  const { url } = await start();
  const link = new HttpLink({ uri: url });
  const { data } = await clientOf(link).mutate({ mutation: RETRACT });
  expect(data).toEqual({
    retractMemory: { __typename: 'NotFoundError', code: 'NOT_FOUND', message: expect.stringContaining('mem_0000') },
  });
  // What is missing without it: the reason why the document is needed.
  const bare = await clientOf(link, new InMemoryCache()).mutate({ mutation: RETRACT });
  expect(bare.data).toEqual({ retractMemory: { __typename: 'NotFoundError' } });
});

test.each([true, false])(
  'Apollo Client with persisted queries is answered, where the server keeps them: %s',
  async (automaticPersistedQueries) => {
    const { url } = await start({ requests: { automaticPersistedQueries } });
    const sent: { query?: string }[] = [];
    const http = new HttpLink({
      uri: url,
      fetch: (input, init) => {
        sent.push(JSON.parse(String(init?.body)));
        return fetch(input, init);
      },
    });
    const persisted = new PersistedQueryLink({
      sha256: async (text: string) => createHash('sha256').update(text).digest('hex'),
    });
    const client = clientOf(ApolloLink.from([persisted, http]));
    for (let time = 0; time < 2; time++) {
      const { data } = await client.query({
        query: gql`query A { viewer { workspace { id name } } }`,
        fetchPolicy: 'network-only',
      });
      expect(data).toMatchObject({ viewer: { workspace: { name: 'acme' } } });
    }
    expect(sent.map(({ query }) => query !== undefined)).toEqual([false, true, !automaticPersistedQueries]);
  },
);
