import postgres from 'postgres';
import type { Reach } from './database-url.ts';
import type { Sockets } from './sockets.ts';
import { parseTimestamp, TIMESTAMPTZ } from './timestamp.ts';

/** Takes what a session is notified of that listens. */
export type OnNotified = (payload: string) => void;

/**
 * A client of postgres.js with one connection, whose `sockets` are opened by us. `timeoutMs`: how long connecting may
 * take; `onClose` is called when the connection has ended, and `onNotified` with what it is notified of, if it listens.
 */
export function openClient(
  { options: { connection, ssl: _ssl, ...options } }: Reach,
  timeoutMs: number,
  sockets: Sockets,
  parseJson: (text: string) => unknown,
  onClose: () => void,
  onNotified?: OnNotified,
): postgres.Sql {
  const own = {
    ...options,
    connect_timeout: timeoutMs / 1_000,
    ssl: false,
    socket: (parsed: Parameters<Sockets['open']>[0]) => sockets.open(parsed),
    max: 1,
    max_lifetime: null,
    onnotice: () => {},
    onclose: onClose,
    onnotify: (_channel: string, payload: string) => onNotified?.(payload),
    // Arrays travel as text or JSON, so that no session starts by reading the catalogue of array types.
    fetch_types: false,
    types: {
      // JSON parameters are serialised where the statement is built.
      json: { to: 3802, from: [114, 3802], serialize: (value: string) => value, parse: parseJson },
      moment: {
        to: TIMESTAMPTZ,
        from: [TIMESTAMPTZ],
        serialize: (value: Date | string) => (value instanceof Date ? value.toISOString() : value),
        parse: parseTimestamp,
      },
    },
    // Poolers refuse most settings here: see Pinning.
    connection: { application_name: 'palimpsest', ...connection, TimeZone: 'UTC', DateStyle: 'ISO, MDY' },
  };
  // The library's types do not know of `socket`.
  return postgres(own as never);
}
