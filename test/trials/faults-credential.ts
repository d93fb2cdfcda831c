import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Ground, Outcome } from './faults.ts';
import { ServerProcess } from './server-process.ts';

const execute = promisify(execFile);
/** How soon a revoked key has to be refused. */
const REFUSED_WITHIN_MS = 5_000;

/** On PostgreSQL alone: nobody else may open an embedded database that is in use. */
export async function revokedMidStream({ settings }: Ground): Promise<Outcome | undefined> {
  if (!settings.DATABASE_URL) return undefined;
  const [facts, broken]: string[][] = [[], []];
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const env = { PATH: process.env.PATH, ...settings, CREDENTIALS: 'required' };
  const admin = async (...args: string[]) =>
    (await execute(process.execPath, [main, 'admin', ...args], { env })).stdout.trim();
  await admin('workspace', 'create', 'acme');
  const token = await admin('key', 'create', 'acme', '--scopes', 'read,write,admin');
  const keyId = /^\S+/.exec(await admin('key', 'list', 'acme'))?.[0] as string;
  const server = await ServerProcess.start({
    ...settings,
    CREDENTIALS: 'required',
    RATE_LIMIT_PER_MINUTE: '0',
    AUTH_FAILURES_PER_MINUTE: '0',
  });
  try {
    const answers: { at: number; what: string }[] = [];
    let isOver = false;
    let acknowledged = 0;
    const ask = async (): Promise<void> => {
      for (let turn = 0; !isOver; turn++) {
        const input = { companion: { key: 'iris' }, type: 'EXPERIENCE', content: `stream ${turn}` };
        const response = await fetch(server.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify({
            query:
              'mutation ($input: CreateMemoryInput!) { createMemory(input: $input) { ... on CreateMemoryPayload { memory { id } } } }',
            variables: { input },
          }),
        });
        const { data, errors } = (await response.json()) as {
          data?: { createMemory?: { memory?: object } };
          errors?: { extensions: { code: string } }[];
        };
        if (data?.createMemory?.memory) acknowledged++;
        answers.push({
          at: performance.now(),
          what: `${response.status} ${errors?.[0]?.extensions.code ?? ''}`.trim(),
        });
      }
    };
    const asking = Promise.all(Array.from({ length: 8 }, ask));
    await sleep(3_000);
    await admin('key', 'revoke', 'acme', keyId);
    const revoked = performance.now();
    await sleep(8_000);
    isOver = true;
    await asking;
    const last = answers.findLast(({ what }) => what === '200');
    const after = (last?.at ?? 0) - revoked;
    const counts = Map.groupBy(answers, ({ what }) => what);
    facts?.push(
      `answers: ${[...counts].map(([what, of]) => `${what}: ${of.length}`).join(', ')}; the last that was let through ${after.toFixed(0)} ms after`,
    );
    if (after > REFUSED_WITHIN_MS) broken?.push('a revoked key was let through for too long');
    if (!answers.some(({ what }) => what === '401 UNAUTHENTICATED')) broken?.push('it was never refused');
    for (const what of counts.keys())
      if (what !== '200' && what !== '401 UNAUTHENTICATED') broken?.push(`an unclear answer: ${what}`);
    const [key] = [await admin('key', 'create', 'acme', '--scopes', 'read')];
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: '{ memories(first: 0) { totalCount } }' }),
    });
    const { data } = (await response.json()) as { data: { memories: { totalCount: number } } };
    facts?.push(`${acknowledged} memories acknowledged, ${data.memories.totalCount} there`);
    if (data.memories.totalCount !== acknowledged) broken?.push('what was acknowledged is not what is there');
  } finally {
    await server.kill();
  }
  return { facts: facts as string[], broken: broken as string[] };
}
