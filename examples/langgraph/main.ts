import { createInterface } from 'node:readline/promises';
// In a project of yours: palimpsest/langgraph and palimpsest/client.
import { PalimpsestStore } from '../../src/adapters/langgraph/index.ts';
import { connect } from '../../src/client/connect.ts';
import { answer } from './model.ts';

const { PALIMPSEST_URL: url = 'http://127.0.0.1:4000/graphql', PALIMPSEST_KEY: key } = process.env;
const { execute } = connect({ url, key });

// As a node of a graph gets it: graph.compile({ store }), then config.store.
const store = new PalimpsestStore({ execute, user: ([, name]) => name });
const namespace = ['memories', 'you'];

console.log('Say something; an empty line ends.');
const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const said = line.trim();
  if (said === '') break;
  const found = await store.search(namespace, { query: said, limit: 5 });
  const known = found.map(({ value }) => `- ${value.text}`);
  console.log(await answer(known, said));
  if (!said.endsWith('?')) await store.put(namespace, crypto.randomUUID(), { text: said });
}
lines.close();
