import type { Command } from 'commander';
import type { AuditOptions } from './admin-audit.ts';
import { AdminError } from './admin-error.ts';
import type { AdminCommand } from './administer.ts';
import type { KeyOptions } from './administer-keys.ts';
import { openEmbeddings } from './embeddings.ts';
import { addCommand, type Define, refuseWith } from './parser.ts';
import { readSettings } from './settings.ts';
import { withDatabase } from './with-database.ts';

const USAGE = `Usage: npm run admin -- COMMAND
  workspace create NAME
  workspace list
  workspace delete NAME --yes
  key create WORKSPACE --scopes read,write,admin [--name NAME] [--expires 90d | 2027-01-31]
    [--companion KEY]... [--user EXTERNAL_ID]...
  key list WORKSPACE
  key rotate WORKSPACE KEY_ID [--overlap 24h]
  key revoke WORKSPACE KEY_ID

  audit [--since 24h | 2027-01-31] [--workspace NAME] [--limit 100] [--before LINE] [--json]`;
/** What the parser says of an option helps; of all else, the usage says enough. */
const OF_OPTIONS = new Set(['commander.unknownOption', 'commander.optionMissingArgument']);

export const define: Define = (command, surroundings) => {
  defineAdmin(command, async (asked, options) => {
    const config = readSettings(surroundings);
    const { model } = await openEmbeddings(config);
    await withDatabase(config, (database) => asked({ database, embedding: model }), options);
  });
};

/** An option that may be given several times. */
const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** Runs a command on the database that is configured, which must be there already unless `mustExist` is false. */
type Run = (asked: AdminCommand, options?: { mustExist: boolean }) => Promise<void>;

/** Adds the operator's commands. What they are given is checked before `open` is called, which opens the database. */
export function defineAdmin(command: Command, open: Run): Command {
  const run: Run = (asked, options = { mustExist: true }) => open(asked, options);
  refuseWith(command, (message, code) => new AdminError(OF_OPTIONS.has(code) ? `${message}.\n${USAGE}` : USAGE));
  const load = () => import('./administer.ts');
  const loadKeys = () => import('./administer-keys.ts');
  const workspace = addCommand(command, 'workspace', 'make, list and delete workspaces');
  addCommand(workspace, 'create <name>', 'make a workspace').action(async (name: string) =>
    run((await load()).createWorkspace(name), { mustExist: false }),
  );
  addCommand(workspace, 'list', 'show all workspaces').action(async () => run((await load()).showWorkspaces));
  addCommand(workspace, 'delete <name>', 'delete a workspace and all that is in it, for good')
    .option('--yes', 'needed: it is meant')
    .action(async (name: string, { yes }: { yes?: boolean }) => run((await load()).eraseWorkspace(name, yes)));
  const key = addCommand(command, 'key', 'make, list and revoke API keys');
  addCommand(key, 'create <workspace>', 'make a key, which is shown this once')
    .option('--scopes <scopes>', 'needed: read, write and admin, separated by commas')
    .option('--name <name>', 'what it is for (default: key)')
    .option('--expires <when>', 'a number of days such as 90d, or a date')
    .option('--companion <key>', 'restrict it to this companion, and to others so named', collect)
    .option('--user <external-id>', 'restrict it to this user, and to others so named', collect)
    .action(async (name: string, options: KeyOptions) => run((await loadKeys()).makeKey(name, options)));
  addCommand(key, 'list <workspace>', 'show the keys of a workspace').action(async (name: string) =>
    run((await loadKeys()).showKeys(name)),
  );
  addCommand(key, 'rotate <workspace> <key-id>', 'give a key another secret, which is shown this once')
    .option('--overlap <time>', 'how long the secret before works on, as 90s, 30m, 24h or 7d (default: 24h)')
    .action(async (name: string, id: string, { overlap }: { overlap?: string }) =>
      run((await loadKeys()).changeKey(name, id, overlap)),
    );
  addCommand(key, 'revoke <workspace> <key-id>', 'refuse a key from now on').action(async (name: string, id: string) =>
    run((await loadKeys()).endKey(name, id)),
  );
  addCommand(command, 'audit', 'show what was refused, and what operators and holders of ADMIN did')
    .option('--since <when>', 'how long ago, such as 24h or 7d, or a date (default: all that is kept)')
    .option('--workspace <name>', 'of this one alone')
    .option('--limit <lines>', 'how many lines (default: 100)')
    .option('--before <line>', 'what comes after the page that says this')
    .option('--json', 'an object a line')
    .action(async (options: AuditOptions) => run((await import('./admin-audit.ts')).showAudit(options)));
  return command;
}
