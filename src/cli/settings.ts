import { type Config, readConfig } from '../config.ts';
import type { Surroundings } from './surroundings.ts';

/** Reads the settings. Throws ConfigError. */
export function readSettings({ env }: Surroundings): Config {
  return readConfig(env);
}
