import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './server-process.ts';

/** Where .ci/postgres keeps PostgreSQL; what is there runs within it, as its user. */
const root = process.env.PG_ROOT ?? '/opt/postgresql-17';
const postgresUid = 'postgres';

/** Whether servers can be started that tests may set up as they like. */
export const hasOwnServers =
  process.env.TEST_DATABASE_URL !== undefined && existsSync(join(root, '.complete')) && process.getuid?.() === 0;

const inRoot = (command: string, args: string[]): string =>
  execFileSync(
    'chroot',
    [
      root,
      'setpriv',
      `--reuid=${postgresUid}`,
      `--regid=${postgresUid}`,
      '--clear-groups',
      'env',
      '-i',
      'LC_ALL=C.UTF-8',
    ].concat(`PATH=${binaries()}:/usr/bin:/bin`, command, ...args),
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  );
const binaries = () => {
  const version = /\d+/.exec(root)?.[0] ?? '17';
  return `/usr/lib/postgresql/${version}/bin`;
};

export interface OwnServer {
  port: number;
  /** The folder of its Unix socket. */
  socketFolder: string;
}

export interface Certificates {
  /** The authority's own certificate: a file. */
  authority: string;
  /** An authority that has nothing to do with it. */
  stranger: string;
  /** Of the user `certified`: files. */
  client: { certificate: string; key: string };
}

/**
 * A folder with servers, which `stop` ends and removes: one that speaks TLS, with a certificate for `localhost` alone,
 * and one that is a standby of it without TLS. The user `strict` may come with TLS only, `certified` with a certificate.
 */
export async function startOwnServers(): Promise<{
  primary: OwnServer;
  standby: OwnServer;
  certificates: Certificates;
  stop(): void;
}> {
  const folder = mkdtempSync(join(root, 'tmp', 'palimpsest-tls-'));
  const inside = folder.slice(root.length);
  const certificates = makeCertificates(folder);
  chmodSync(folder, 0o755);
  execFileSync('chroot', [root, 'chown', '-R', `${postgresUid}:`, inside]);
  inRoot('initdb', [
    '-D',
    `${inside}/primary`,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '-N',
  ]);
  const ports = [await freePort(), await freePort()] as const;
  const common = `dynamic_shared_memory_type = mmap\nshared_buffers = 16MB\nfsync = off\nlisten_addresses = '127.0.0.1'\n`;
  writeFileSync(
    join(folder, 'primary', 'pg_hba.conf'),
    `local all all trust\nhostssl all certified all cert\nhostssl all all all trust\nhostnossl all postgres all trust\n`,
  );
  appendFileSync(join(folder, 'primary', 'postgresql.conf'), `${common}unix_socket_directories = '${inside}'\n`);
  cpSync(join(folder, 'primary'), join(folder, 'standby'), { recursive: true });
  writeFileSync(join(folder, 'standby', 'standby.signal'), '');
  appendFileSync(
    join(folder, 'primary', 'postgresql.conf'),
    `ssl = on\nssl_ca_file = '${inside}/ca.crt'\nssl_cert_file = '${inside}/server.crt'\nssl_key_file = '${inside}/server.key'\n`,
  );
  execFileSync('chroot', [root, 'chown', '-R', `${postgresUid}:`, inside]);
  const names = ['primary', 'standby'];
  for (const [n, name] of names.entries()) {
    inRoot('pg_ctl', ['-w', '-D', `${inside}/${name}`, '-o', `-p ${ports[n]}`, '-l', `${inside}/${name}.log`, 'start']);
  }
  return {
    primary: { port: ports[0], socketFolder: folder },
    standby: { port: ports[1], socketFolder: folder },
    certificates,
    stop() {
      for (const name of names) inRoot('pg_ctl', ['-D', `${inside}/${name}`, '-m', 'immediate', 'stop']);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function makeCertificates(folder: string): Certificates {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const authority = (name: string) =>
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
    ).length +
    openssl('req', '-x509', '-key', `${name}.key`, '-days', '2', '-subj', `/CN=${name}`, '-out', `${name}.crt`).length;
  authority('ca');
  authority('stranger');
  const signed = (name: string, subject: string, extension: string) => {
    writeFileSync(join(folder, `${name}.ext`), extension);
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      `/CN=${subject}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'],
      ...['-extfile', `${name}.ext`, '-out', `${name}.crt`],
    );
    chmodSync(join(folder, `${name}.key`), 0o600);
  };
  signed('server', 'localhost', 'subjectAltName = DNS:localhost');
  signed('client', 'certified', '');
  const file = (name: string) => join(folder, name);
  return {
    authority: file('ca.crt'),
    stranger: file('stranger.crt'),
    client: { certificate: file('client.crt'), key: file('client.key') },
  };
}
