import { ConfigError } from '../kernel/config-error.ts';
import { bounds } from '../kernel/input.ts';
import { type Config, environment, readConfig } from './config.ts';
import { describeMisspelt } from './misspelt-settings.ts';
import type { OpenOptions } from './options.ts';

/** What only a server that listens has, and what is an option of its own. */
const elsewhere: Readonly<Record<string, string>> = {
  DATA_DIR: 'is the option dataDir',
  DATABASE_URL: 'is the option databaseUrl',
  ...Object.fromEntries(
    [
      'PORT',
      'HOST',
      'WORKERS',
      'TRUST_PROXY',
      'AUTH_FAILURES_PER_MINUTE',
      'REQUEST_TIMEOUT_MS',
      'KEEP_ALIVE_TIMEOUT_MS',
      'MAX_CONNECTIONS',
      'MAX_CONNECTIONS_PER_ADDRESS',
    ].map((name) => [name, 'is of a server that listens, which this is not']),
  ),
};

/** What can be set, in the order of the documentation. */
export const settable = Object.keys(environment.shape).filter((name) => !Object.hasOwn(elsewhere, name));

const NEEDED = 'Either dataDir, the folder of the embedded database, or databaseUrl, a postgres:// URL, is needed.';

const known = new Set(['dataDir', 'databaseUrl', 'settings', 'log', 'companion', 'user']);

/** What is other than a server's: a library fills nothing, says little, and shows nothing to who only passes by. */
const presets = { DEMO: 'false', GRAPHIQL: 'false', EXPLORER: 'false', LOG_LEVEL: 'warn' };

/** The configuration that options come to. Throws {@link ConfigError}. */
export function readOptions(options: OpenOptions): Config {
  if (!isObject(options)) throw new ConfigError(`Options are needed, an object: ${NEEDED}`);
  const { dataDir, databaseUrl, settings = {}, ...others } = options;
  refuseKinds(options);
  const unknown = Object.keys(others).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new ConfigError(`There is no option ${unknown.join(', ')}: ${[...known].join(', ')} are the options.`);
  }
  if ((dataDir === undefined) === (databaseUrl === undefined)) {
    throw new ConfigError(NEEDED);
  }
  const given = { DATA_DIR: dataDir, DATABASE_URL: databaseUrl };
  for (const [name, value] of Object.entries(given)) {
    if (value === '') throw new ConfigError(`${name === 'DATA_DIR' ? 'dataDir' : 'databaseUrl'} is empty.`);
  }
  const env = { ...presets, METRICS: settings.METRICS_TOKEN ? 'true' : 'false', ...textsOf(settings), ...given };
  if (isTrue(env.METRICS) && !settings.METRICS_TOKEN) {
    throw new ConfigError('METRICS needs METRICS_TOKEN here: whoever reaches `fetch` could read them.');
  }
  return readConfig(env, 'Some settings are wrong');
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/** Refuses values of another kind than their option has; what is left out is undefined. */
function refuseKinds({ dataDir, databaseUrl, settings, log, companion, user }: OpenOptions): void {
  for (const [name, value] of Object.entries({ dataDir, databaseUrl })) {
    if (value !== undefined && typeof value !== 'string') throw new ConfigError(`${name} must be a text.`);
  }
  for (const [name, value] of Object.entries({ companion, user })) {
    if (value === undefined || (typeof value === 'string' && value !== '' && value.length <= bounds.key)) continue;
    throw new ConfigError(`${name} must be a text of 1 to ${bounds.key} characters.`);
  }
  if (settings !== undefined && !isObject(settings)) throw new ConfigError('settings must be an object.');
  if (log !== undefined && typeof log !== 'function')
    throw new ConfigError('log must be a function that takes a line.');
}

const isTrue = (text: string | undefined) => text === 'true' || text === '1';

function textsOf(settings: object): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (!settable.includes(name)) throw new ConfigError(whyUnknown(name));
    if (value === undefined || value === null) continue;
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new ConfigError(`${name}: a text, a number, true or false is expected, not ${typeof value}.`);
    }
    texts[name] = String(value);
  }
  return texts;
}

function whyUnknown(name: string): string {
  const why = elsewhere[name];
  if (why) return `${name} ${why}: leave it out of the settings.`;
  return describeMisspelt([name], settable)[0] ?? `${name} is no setting: docs/configuration.md lists them.`;
}
