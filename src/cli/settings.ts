import { type Config, environment, readConfig } from '../library/config.ts';
import { describeMisspelt } from '../library/misspelt-settings.ts';
import type { Surroundings } from './surroundings.ts';

/** Reads the settings. `warn` gets variables that look like misspelt ones. Throws ConfigError. */
export function readSettings(
  { env }: Surroundings,
  warn: (sentence: string) => void = (sentence) => console.error(sentence),
): Config {
  for (const sentence of describeMisspelt(Object.keys(env), Object.keys(environment.shape))) warn(sentence);
  return readConfig(env);
}
