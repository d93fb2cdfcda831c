import { readFileSync } from 'node:fs';
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls';
import type postgres from 'postgres';
import { DatabaseUnavailable } from './database.ts';

/** Where a `postgres://` URL leads. Neither text holds the user or the password. */
export interface Reach {
  /** What postgres.js takes. */
  readonly options: postgres.Options<Record<string, postgres.PostgresType>>;
  /** Hosts and ports, as the URL has them: `db.example:5432`, or the folder of a Unix socket. */
  readonly hosts: string;
  /** The same, and the database: `db.example:5432/memories`. */
  readonly target: string;
}

type Setting = 'DATABASE_URL' | 'DIRECT_DATABASE_URL';

/**
 * What other clients read, and PostgreSQL does not know: it would refuse the session. Whatever is left is a setting of
 * the server.
 */
const others = [
  // libpq's
  ...['channel_binding', 'client_encoding', 'fallback_application_name', 'gss\\w+', 'keepalives\\w*', 'krbsrvname'],
  ...[
    'load_balance_hosts',
    'm(?:in|ax)_protocol_version',
    'oauth_\\w+',
    'passfile',
    'requirepeer',
    'require_auth',
    'scram_\\w+',
  ],
  ...['service(?:file)?', 'sslcertmode', 'sslcompression', 'sslkeylogfile', 'sslsni', 'tcp_user_timeout'],
  // of Neon, Supabase, Prisma, JDBC and node-postgres
  ...['connection_limit', 'currentSchema', 'pgbouncer', 'pool_mode', 'pool_timeout', 'prepareThreshold', 'schema'],
  ...['socket_timeout', 'sslaccept', 'sslidentity', 'statement_cache_size', 'supa', 'uselibpqcompat', 'workaround'],
  // pinned
  'search_path',
];
/** What is read here. */
const own = [
  ...['dbname', 'host', 'password', 'port', 'user', 'connect_timeout', 'target_session_attrs', 'ssl', 'sslmode'],
  ...['sslcert', 'sslcrl', 'sslkey', 'sslpassword', 'sslrootcert', 'sslnegotiation', 'ssl_m(?:in|ax)_protocol_version'],
];
const NOT_SENT = new RegExp(`^(?:${[...others, ...own].join('|')})$`);

/**
 * Reads a URL as PostgreSQL's own clients do: several hosts, Unix sockets, certificates. What other clients have
 * parameters of their own for is left out. Throws {@link DatabaseUnavailable} where it cannot be read.
 */
export function readDatabaseUrl(url: string, setting: Setting): Reach {
  const refuse = (why: string): never => {
    throw new DatabaseUnavailable(`${setting} ${why}.`);
  };
  const [whole, userInfo, hostList = '', path = '', query = ''] =
    /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^@/?#]*))?(?:\?([^#]*))?$/.exec(url) ?? [];
  if (whole === undefined) return refuse(UNREADABLE);
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      return refuse(UNREADABLE);
    }
  };
  const given = new Map<string, string>();
  for (const part of query.split('&').filter(Boolean)) {
    const [name = '', ...value] = part.split('=');
    given.set(decode(name), decode(value.join('=')));
  }
  const [name = '', ...secret] = (userInfo ?? '').split(':');
  const user = given.get('user') ?? decode(name);
  const password = given.get('password') ?? decode(secret.join(':'));
  const database = given.get('dbname') ?? decode(path);
  const { names, ports } = hostsOf(hostList, given, decode, refuse);
  const [folder] = names;
  const isSocket = names.some((host) => host.startsWith('/'));
  if (isSocket && names.length > 1) return refuse('names several hosts, of which one is a socket: name one of them');
  const hosts = isSocket
    ? (folder as string)
    : names.map((host, n) => withPort(host, ports[n])).join(',') || 'localhost';
  const server = [...given].filter(([key]) => !NOT_SENT.test(key));
  return {
    options: {
      ...(names.length > 0 && { host: names as never }),
      ...(ports.some(Boolean) && { port: ports.map((port) => port ?? DEFAULT_PORT) as never }),
      ...(isSocket && { path: `${folder}/.s.PGSQL.${ports[0] ?? DEFAULT_PORT}` }),
      ...(user && { user }),
      ...(password && { password }),
      ...(database && { database }),
      ...(Number(given.get('connect_timeout')) > 0 && { connect_timeout: Number(given.get('connect_timeout')) }),
      ssl: isSocket ? false : tlsOf(given, names, refuse),
      ...(given.get('sslnegotiation') === 'direct' && { sslnegotiation: 'direct' }),
      ...sessionOf(given, names.length, refuse),
      connection: Object.fromEntries(server),
    },
    hosts,
    target: `${hosts}${database && `/${database}`}`,
  };
}

const DEFAULT_PORT = 5432;

const UNREADABLE =
  'cannot be read as postgres://USER:PASSWORD@HOST:PORT/DATABASE: in the user, the password and the name of the ' +
  'database write % as %25, # as %23, / as %2F, ? as %3F, @ as %40 and : as %3A';

const withPort = (host: string, port: number | undefined): string =>
  `${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;

/** The hosts in order, and the port of each; those given as parameters go before. */
function hostsOf(
  hostList: string,
  given: ReadonlyMap<string, string>,
  decode: (text: string) => string,
  refuse: (why: string) => never,
): { names: string[]; ports: (number | undefined)[] } {
  const portOf = (text: string | undefined): number | undefined => {
    if (!text) return undefined;
    const port = Number(text);
    return /^\d+$/.test(text) && port > 0 && port < 65_536 ? port : refuse(UNREADABLE);
  };
  const listed = hostList.split(',').map((part) => {
    const [whole, six, name = '', port] = /^(?:\[([\da-f:.%]+)\]|([^:[\]]*))(?::(\d*))?$/i.exec(part) ?? [];
    if (whole === undefined) return refuse(UNREADABLE);
    return { name: decode(six ?? name), port: portOf(port) };
  });
  const named = given.get('host')?.split(',');
  const names = named ?? listed.map(({ name }) => name);
  const portList = given.get('port')?.split(',').map(portOf) ?? listed.map(({ port }) => port);
  if (portList.length > 1 && portList.length !== names.length) refuse('names another number of ports than of hosts');
  const ports = names.map((_, n) => (portList.length === 1 ? portList[0] : portList[n]));
  return names.length === 1 && names[0] === '' ? { names: [], ports } : { names, ports };
}

/** Which of several servers to take: one that can be written to, whatever is asked. */
function sessionOf(given: ReadonlyMap<string, string>, hosts: number, refuse: (why: string) => never) {
  const asked = given.get('target_session_attrs');
  if (asked !== undefined && !['any', 'read-write', 'primary'].includes(asked)) {
    refuse(`has target_session_attrs=${shown(asked)}, but this service writes: read-write, primary or any is expected`);
  }
  // PostgreSQL tells of itself that it is a standby; that a standby is read-only it does not.
  return (asked ?? 'any') !== 'any' || (asked === undefined && hosts > 1)
    ? { target_session_attrs: 'primary' as const }
    : {};
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'no-verify', 'verify-ca', 'verify-full'];
const SWITCHES: Readonly<Record<string, string>> = {
  true: 'verify-full',
  1: 'verify-full',
  false: 'disable',
  0: 'disable',
};

/** How the connection is encrypted: as libpq does it, by `sslmode`. */
function tlsOf(
  given: ReadonlyMap<string, string>,
  hosts: readonly string[],
  refuse: (why: string) => never,
): false | 'prefer' | ConnectionOptions {
  const ssl = given.get('ssl');
  const hasFiles = given.has('sslrootcert') || given.has('sslcert');
  const mode = given.get('sslmode') ?? (ssl === undefined ? undefined : (SWITCHES[ssl] ?? ssl));
  if (mode !== undefined && !MODES.includes(mode)) {
    refuse(`has sslmode=${shown(mode)}: ${MODES.join(', ')} are known`);
  }
  if (mode === 'disable' || (mode === undefined && !hasFiles && given.get('sslnegotiation') !== 'direct')) return false;
  if (mode === 'allow' || mode === 'prefer') return 'prefer';
  const file = (name: string) => {
    const path = given.get(name);
    if (!path || path === 'system') return undefined;
    try {
      return readFileSync(path);
    } catch (error) {
      return refuse(`names a file as ${name} that cannot be read (${(error as Error).message})`);
    }
  };
  const ca = file('sslrootcert');
  const options = Object.fromEntries(
    Object.entries({
      ca,
      cert: file('sslcert'),
      key: file('sslkey'),
      passphrase: given.get('sslpassword'),
      crl: file('sslcrl'),
      minVersion: given.get('ssl_min_protocol_version'),
      maxVersion: given.get('ssl_max_protocol_version'),
    }).filter(([, value]) => value !== undefined),
  ) as ConnectionOptions;
  if (mode === 'no-verify' || (mode === 'require' && !ca)) return { ...options, rejectUnauthorized: false };
  // Whom anybody's authority has vouched for is not yet the host that was meant.
  if (ca && (mode === 'require' || mode === 'verify-ca')) return { ...options, checkServerIdentity: () => undefined };
  return { ...options, checkServerIdentity: (host, certificate) => identify(host, certificate, hosts) };
}

/** Node asks for the host by its name; an address is asked for as `localhost`, which it need not be. */
function identify(host: string, certificate: PeerCertificate, hosts: readonly string[]): Error | undefined {
  if (hosts.length === 0 || hosts.includes(host)) return checkServerIdentity(host, certificate);
  const failures = hosts.map((each) => checkServerIdentity(each, certificate));
  return failures.includes(undefined) ? undefined : failures[0];
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 40));
