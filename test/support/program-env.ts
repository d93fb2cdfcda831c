import { fileURLToPath } from 'node:url';
import { spellingUnless } from './embeddings.ts';

const NODE_COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url));

/**
 * The environment of a started program: of this one's only what it takes to run, and the settings; compiled code is
 * kept, so that each start takes less.
 */
export const programEnv = (settings: Record<string, string> = {}): Record<string, string> => ({
  ...(process.env.PATH && { PATH: process.env.PATH }),
  NODE_COMPILE_CACHE,
  ...spellingUnless(settings),
  ...settings,
});
