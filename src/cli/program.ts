import { ConfigError } from '../kernel/config-error.ts';
import { addCommand, type Define, newProgram, parse, refuseWith } from './parser.ts';
import type { Surroundings } from './surroundings.ts';

interface Entry {
  summary: string;
  /** A command's code is loaded when it is asked for. */
  load: () => Promise<{ define: Define }>;
}

const commands: Record<string, Entry> = {
  serve: { summary: 'serve GraphQL until told to stop; also without a command', load: () => import('./serve.ts') },
  mcp: {
    summary: 'serve the Model Context Protocol over standard input and output, for programs on this machine',
    load: () => import('./mcp.ts'),
  },
  import: { summary: 'read memories and conversations from a file', load: () => import('./import.ts') },
  export: {
    summary: 'write the memories and conversations of the workspace to a file',
    load: () => import('./export.ts'),
  },
  backup: { summary: 'copy the embedded database to a file', load: () => import('./backup.ts') },
  restore: { summary: 'make the embedded database from a backup', load: () => import('./restore.ts') },
  reembed: { summary: 'make all vectors of the workspace again', load: () => import('./reembed.ts') },
  consolidate: {
    summary: 'summarise what memories have in common, and make profiles',
    load: () => import('./consolidate.ts'),
  },
  eval: {
    summary: 'ask questions whose answers are known, and measure what recall finds',
    load: () => import('./eval.ts'),
  },
  admin: {
    summary: 'make, list and delete workspaces and API keys, and show the audit trail',
    load: () => import('./admin.ts'),
  },
  schema: { summary: 'print the GraphQL schema', load: () => import('./schema.ts') },
};
const DEFAULT = 'serve';
const takesFile = new Set(['import', 'export', 'backup', 'restore', 'eval']);

/** Does what the arguments ask for. Throws {@link ConfigError} where they cannot be read. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<void> {
  const [name = DEFAULT] = args;
  const program = newProgram('palimpsest')
    .description('A GraphQL knowledge-graph service that remembers for AI agents.')
    .addHelpText('after', '\nSettings are environment variables: docs/configuration.md lists them.');
  for (const [each, { summary, load }] of Object.entries(commands)) {
    const command = addCommand(program, each, summary);
    if (each === name) (await load()).define(command, surroundings);
  }
  refuseWith(
    program,
    (message, code) => new ConfigError(code === 'commander.unknownCommand' ? unknownCommand(name) : `${message}.`),
  );
  await parse(program, args.length === 0 ? [DEFAULT] : args);
}

function unknownCommand(name: string): string {
  const names = Object.keys(commands).map((each) => (takesFile.has(each) ? `${each} FILE` : each));
  return `There is no command ${name}: ${names.slice(0, -1).join(', ')} or ${names.at(-1)}.`;
}
