import type { Config } from '../../library/config.ts';

/** What of the limits that are the server's one of its workers has; the shares of all come to the whole. */
export function shareOf(config: Config, number: number): Config {
  const { workers, requests } = config;
  const part = (whole: number) => Math.max(1, Math.floor(whole / workers) + (number <= whole % workers ? 1 : 0));
  const { maxConnections, maxConnectionsPerAddress } = requests;
  return {
    ...config,
    poolSize: part(config.poolSize),
    requests: {
      ...requests,
      maxConnections: part(maxConnections),
      maxConnectionsPerAddress: maxConnectionsPerAddress && part(maxConnectionsPerAddress),
    },
  };
}
