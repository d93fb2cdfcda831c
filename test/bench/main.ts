// npm run bench            every benchmark
// npm run bench -- NAME    one of them, or several
// npm run bench -- --write …  puts their figures into docs/benchmarks.md
// BENCH_DATABASE_URL names a PostgreSQL server on which databases may be created; without it only the embedded
// database is measured.
import { writtenDown } from './figures.ts';

const benches: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  write: () => import('./write.ts'),
  conversations: () => import('./conversations.ts'),
  decay: () => import('./decay.ts'),
  order: () => import('./order.ts'),
  past: () => import('./past.ts'),
  history: () => import('./history.ts'),
  recall: () => import('./recall.ts'),
  mcp: () => import('./mcp.ts'),
  live: () => import('./live.ts'),
  'recall-quality': () => import('./recall-quality.ts'),
  'recall-against': () => import('./recall-against.ts'),
  context: () => import('./context.ts'),
  messages: () => import('./messages.ts'),
  vectors: () => import('./vectors.ts'),
  requests: () => import('./requests.ts'),
  workers: () => import('./workers.ts'),
  traversal: () => import('./traversal.ts'),
  graph: () => import('./graph.ts'),
  path: () => import('./path.ts'),
  page: () => import('./page.ts'),
  memory: () => import('./memory.ts'),
  size: () => import('./size.ts'),
  'explorer-graph': () => import('./explorer-graph.ts'),
  consolidate: () => import('./consolidate.ts'),
  findings: () => import('./findings.ts'),
  'findings-write': () => import('./findings-write.ts'),
  guard: () => import('./guard.ts'),
};

const given = process.argv.slice(2);
const isWritten = given.includes('--write');
const wanted = given.filter((name) => name !== '--write');
for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
  const load = benches[name];
  if (!load) throw new Error(`There is no benchmark ${name}: ${Object.keys(benches).join(', ')}.`);
  console.log(`\n## ${name}`);
  const { run } = await load();
  await (isWritten ? writtenDown(name, run) : run());
}
