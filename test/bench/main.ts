// npm run bench            every benchmark
// npm run bench -- NAME    one of them
// BENCH_DATABASE_URL names a PostgreSQL server on which databases may be created; without it only the embedded
// database is measured.
const benches: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  write: () => import('./write.ts'),
  conversations: () => import('./conversations.ts'),
  decay: () => import('./decay.ts'),
  order: () => import('./order.ts'),
  past: () => import('./past.ts'),
  history: () => import('./history.ts'),
  recall: () => import('./recall.ts'),
  mcp: () => import('./mcp.ts'),
  'recall-quality': () => import('./recall-quality.ts'),
  'recall-against': () => import('./recall-against.ts'),
  context: () => import('./context.ts'),
  messages: () => import('./messages.ts'),
  vectors: () => import('./vectors.ts'),
  requests: () => import('./requests.ts'),
  workers: () => import('./workers.ts'),
  traversal: () => import('./traversal.ts'),
  memory: () => import('./memory.ts'),
  guard: () => import('./guard.ts'),
};

const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
  const load = benches[name];
  if (!load) throw new Error(`There is no benchmark ${name}: ${Object.keys(benches).join(', ')}.`);
  console.log(`\n## ${name}`);
  await (await load()).run();
}
