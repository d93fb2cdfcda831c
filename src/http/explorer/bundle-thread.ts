import { answerAsThread } from '../../kernel/work-thread.ts';
import type { ExplorerBundle } from './bundle.ts';
import { bundleExplorer } from './bundler.ts';

// Started by bundle.ts.
answerAsThread<null, ExplorerBundle>(
  async () => (await bundleExplorer()).bundle,
  ({ files }) => files.map(({ bytes }) => bytes.buffer),
);
