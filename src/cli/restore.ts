import { defineCopy } from './copy.ts';
import type { Define } from './parser.ts';

export const define: Define = (command, surroundings) => {
  defineCopy(command, surroundings, {
    insteadOnPostgresql: 'pg_restore --dbname',
    run: async (...args) => (await import('../transfer/backup/restore.ts')).restore(...args),
  })
    .argument('<file>', 'a file that backup has made; the server must be stopped')
    .option('--force', 'replace the database where there is one');
};
