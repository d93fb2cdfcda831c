import { fileURLToPath } from 'node:url';

/**
 * What the environment of a started program has of this one's; compiled code is kept, so that each start takes less.
 */
export const programEnv = {
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url)),
};
