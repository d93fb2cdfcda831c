import { defineCopy } from './copy.ts';
import type { Define } from './parser.ts';

export const define: Define = (command, surroundings) => {
  defineCopy(command, surroundings, {
    insteadOnPostgresql: 'pg_dump --format=custom --file=FILE',
    run: async (...args) => (await import('../transfer/backup/backup.ts')).backUp(...args),
  })
    .argument('<file>', 'what to write; the server must be stopped')
    .option('--force', 'replace the file where there is one');
};
