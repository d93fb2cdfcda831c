// The statements that a request needs, written by hand, behind bare node:http: what a request costs at least. With
// TENANCY they run as the service's role, in one transaction with what enters the workspace, sent without waiting in
// between. POST /q1 and /q2 with {"id": UUID}, and /page.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import postgres from 'postgres';
import { ON_TABLES } from '../support/search-path.ts';

const { DATABASE_URL = '', WORKSPACE_ID = '', TENANCY } = process.env;
const CONNECTIONS = 16;
const options = { fetch_types: false, onnotice: () => {}, connection: ON_TABLES };
const sql = postgres(DATABASE_URL, { max: CONNECTIONS, ...options });
/** Clients of one connection each, for transactions: what is sent to one is sent in order. */
const idle = Array.from({ length: CONNECTIONS }, () => postgres(DATABASE_URL, { max: 1, ...options }));
const waiting: ((client: postgres.Sql) => void)[] = [];

/** What holds at its place, now; `far` is what a relation leads to. */
const FAR = `join memories far on far.workspace_id = r.workspace_id and far.lineage_id = r.to_lineage_id
  and far.retracted_at is null and far.valid_from <= now() and (far.valid_until is null or far.valid_until > now())`;
const strongest = (line: string, limit: number) =>
  `select r.id, r.type, r.strength, far.id as far_id, far.lineage_id as far_line, far.content as far_content, far.type as far_type
   from relations r ${FAR}
   where r.workspace_id = $1 and r.from_lineage_id = ${line} and r.retracted_at is null
   order by r.strength desc, r.id desc limit ${limit}`;
const memory = 'select id, lineage_id, content, type from memories where workspace_id = $1 and id = $2';
const line = '(select lineage_id from memories where workspace_id = $1 and id = $2)';
const ten = strongest(line, 10);
const tenByFive = `select near.*, beyond.id as beyond_id, beyond.type as beyond_type, beyond.strength as beyond_strength,
    beyond.far_id as end_id, beyond.far_content as end_content, beyond.far_type as end_type
  from (${strongest(line, 10)}) near left join lateral (${strongest('near.far_line', 5)}) beyond on true
  order by near.strength desc, near.id desc, beyond.strength desc, beyond.id desc`;

const page = `select id, content, type, recorded_at as "recordedAt" from memories
  where workspace_id = $1 and retracted_at is null and valid_from <= now() and (valid_until is null or valid_until > now())
    and archived_at is null and (expires_at is null or expires_at > now())
  order by recorded_at desc, id desc limit 101`;

type Row = Record<string, unknown>;

const shapes = {
  '/q1': {
    relations: ten,
    shape: (rows: Row[]) =>
      rows.map((r) => ({
        id: r.id,
        type: r.type,
        strength: r.strength,
        to: { id: r.far_id, content: r.far_content, type: r.far_type },
      })),
  },
  '/q2': {
    relations: tenByFive,
    shape(rows: Row[]) {
      const near: { id: unknown; type: unknown; strength: unknown; to: Row & { relations: unknown[] } }[] = [];
      for (const r of rows) {
        if (near.at(-1)?.id !== r.id) {
          const to = { id: r.far_id, content: r.far_content, type: r.far_type, relations: [] };
          near.push({ id: r.id, type: r.type, strength: r.strength, to });
        }
        if (r.beyond_id === null) continue;
        near.at(-1)?.to.relations.push({
          id: r.beyond_id,
          type: r.beyond_type,
          strength: r.beyond_strength,
          to: { id: r.end_id, content: r.end_content, type: r.end_type },
        });
      }
      return near;
    },
  },
};

/** All statements at once: none needs the answer of another. */
async function read(statements: readonly { text: string; params: string[] }[]): Promise<Row[][]> {
  const ask = (client: postgres.Sql) =>
    statements.map(({ text, params }) => client.unsafe(text, params, { prepare: true }));
  if (!TENANCY) return Promise.all(ask(sql));
  const client = idle.pop() ?? (await new Promise<postgres.Sql>((resolve) => waiting.push(resolve)));
  try {
    const begin = client.unsafe(
      `begin isolation level repeatable read read only; select set_config('role', 'palimpsest_app', true), set_config('palimpsest.workspace_id', '${WORKSPACE_ID}', true)`,
    );
    const asked = ask(client);
    const [, rows] = await Promise.all([begin, Promise.all(asked), client.unsafe('commit')]);
    return rows;
  } finally {
    const next = waiting.shift();
    if (next) next(client);
    else idle.push(client);
  }
}

async function answerTo(url: string | undefined, body: string): Promise<unknown> {
  if (url === '/page') {
    const [rows = []] = await read([{ text: page, params: [WORKSPACE_ID] }]);
    return { memories: rows.slice(0, 100) };
  }
  const { relations, shape } = shapes[url as keyof typeof shapes];
  const params = [WORKSPACE_ID, JSON.parse(body).id];
  const [[found] = [], rows = []] = await read([memory, relations].map((text) => ({ text, params })));
  return { memory: found && { id: found.id, content: found.content, type: found.type, relations: shape(rows) } };
}

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', async () => {
    try {
      const answer = JSON.stringify({ data: await answerTo(request.url, body) });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
      response.end(answer);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
