import { createInterface } from 'node:readline/promises';
// In a project of yours: palimpsest.
import { open } from '../../src/library/index.ts';

const { DATA_DIR: dataDir = './.palimpsest-example', DATABASE_URL: databaseUrl } = process.env;

// The service in this process: nothing else has to run.
await using service = await open(databaseUrl ? { databaseUrl } : { dataDir });
const memory = service.memory({ companion: 'library', user: 'you' });

console.log('Say something, or ask with a question mark; an empty line ends.');
const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const said = line.trim();
  if (said === '') break;
  if (said.endsWith('?')) {
    const found = await memory.recall(said, { first: 3 });
    console.log(found.map(({ content }) => `- ${content}`).join('\n') || 'I remember nothing of that.');
  } else {
    const { duplicates } = await memory.remember(said);
    console.log(duplicates.length > 0 ? 'I knew that.' : 'I remember.');
  }
}
lines.close();
