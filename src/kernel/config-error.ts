/** A setting is not allowed; `message` names it and says what is. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly code = 'INVALID_CONFIGURATION';
}
