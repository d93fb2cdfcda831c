import { endOnSignal } from './support.ts';
import { watch } from './watch.ts';

// npm run trial -- NAME    one trial, or several; each says what it takes from the environment
// Throughout each of them the heap of a server stays below 512 MB, and its /health answers within 1 s.
// TRIAL_DATABASE_URL names a PostgreSQL server on which databases may be created. Default: the embedded database.
const trials: Record<string, () => Promise<{ run(): Promise<boolean> }>> = {
  fuzz: () => import('./fuzz.ts'),
  faults: () => import('./faults.ts'),
  soak: () => import('./soak.ts'),
  kill: () => import('./kill.ts'),
  webhooks: () => import('./webhooks.ts'),
  inspector: () => import('./inspector.ts'),
  screenshots: () => import('./screenshots.ts'),
};

endOnSignal();
const wanted = process.argv.slice(2);
if (wanted.length === 0) throw new Error(`Which trial? ${Object.keys(trials).join(', ')}.`);
for (const name of wanted) {
  const load = trials[name];
  if (!load) throw new Error(`There is no trial ${name}: ${Object.keys(trials).join(', ')}.`);
  console.log(`\n## ${name}`);
  watch.open();
  const isFine = await (await load()).run();
  const wasWell = await watch.tell();
  if (!isFine || !wasWell) process.exitCode = 1;
}
