import { HistoryFile } from '../../src/transfer/history/file.ts';

// Reads a file of ChatGPT's as an import does: as many megabytes as the argument says, made up as they are read. Prints
// how many messages it has.

const TURNS = 40;
const text = 'The quick brown fox jumps over the lazy dog. '.repeat(8);

function conversation(nth: number): string {
  const mapping = Object.fromEntries(
    Array.from({ length: TURNS }, (_, turn) => {
      const id = `${nth}-${turn}`;
      const author = { role: turn % 2 === 0 ? 'user' : 'assistant' };
      const content = { content_type: 'text', parts: [`${id}: ${text}`] };
      const message = { id, author, create_time: 1_700_000_000 + turn, content, recipient: 'all' };
      return [id, { id, message, parent: turn === 0 ? null : `${nth}-${turn - 1}`, children: [] }];
    }),
  );
  return JSON.stringify({ id: String(nth), title: 'A talk', mapping, current_node: `${nth}-${TURNS - 1}` });
}

async function* chunks(bytes: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from('[');
  let made = 0;
  for (let nth = 0; made < bytes; nth++) {
    const chunk = Buffer.from(`${nth === 0 ? '' : ','}${conversation(nth)}`);
    made += chunk.length;
    yield chunk;
  }
  yield Buffer.from(']');
}

const file = new HistoryFile({ format: 'chatgpt', companion: 'iris', remember: 'TURNS', unnamed: 'file' });
let count = 0;
for await (const { items } of file.lines(chunks(Number(process.argv[2]) * 1_000_000))) {
  count += items.filter(({ kind }) => kind === 'turn').length;
}
console.log(count);
