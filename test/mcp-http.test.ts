import { beforeAll, describe, expect, test } from 'vitest';
import { toolDescriptors } from '../src/mcp/descriptor.ts';
import { callMcp, connectMcp, eras } from './support/mcp.ts';
import { type TestServer, useServers } from './support/server.ts';

const open = useServers();
let server: TestServer;
const at = (query = '') => server.url.replace('/graphql', `/mcp${query}`);

beforeAll(async () => {
  server = await open();
});

describe.each(eras)('by the revision %s', (era) => {
  test('a client remembers and recalls', async () => {
    const client = await connectMcp(at(`?companion=${era}&user=maya`), { era });
    expect(client.getServerVersion()).toMatchObject({ name: 'palimpsest' });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(toolDescriptors.map(({ name }) => name));
    const remembered = await callMcp(client, 'remember', {
      memories: [{ type: 'FACT', content: 'Maya lives in Lisbon.' }],
    });
    expect(remembered.isError, remembered.text).toBe(false);
    const { text, data } = await callMcp(client, 'recall', { query: 'Where does Maya live?' });
    expect(text).toContain('Maya lives in Lisbon.');
    expect(data.edges[0].node.content).toBe('Maya lives in Lisbon.');
    await client.close();
  });
});
