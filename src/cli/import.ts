import { ConfigError } from '../kernel/config-error.ts';
import { type Define, refuseWith } from './parser.ts';
import { type ImportOptions, transfer } from './transfer.ts';

export const define: Define = (command, surroundings) => {
  refuseWith(
    command,
    () =>
      new ConfigError(
        'Exactly one file is expected: npm run import -- FILE [--format FORMAT] [--companion KEY] [--user ID] [--remember turns|none]',
      ),
  )
    .argument('<file>', 'JSON Lines, as export writes them, the memory file of an MCP server, or conversations')
    .option(
      '--companion <key>',
      "whose another program's file becomes (default: mcp-memory, or the name of the format)",
    )
    .option('--format <format>', 'chatgpt, claude, openai, ai-sdk, mastra, langchain, mem0 or zep (default: guessed)')
    .option('--user <id>', 'the externalId of the user that the conversations are with (default: who the file says)')
    .option('--remember <turns>', 'turns, or none: whether what is said becomes memories (default: turns)')
    .action((file: string, options: ImportOptions) => transfer('import', file, options, surroundings));
};
